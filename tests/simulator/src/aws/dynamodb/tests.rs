use serde_json::{Value, json};

use super::*;

struct Hand {
    service: DynamoDb,
    now: i64,
    bill: Bill,
}

impl Hand {
    fn new() -> Self {
        Self { service: DynamoDb::new("t".to_owned()), now: 1_000_000, bill: Bill::default() }
    }

    fn try_call(&mut self, operation: &str, mut request: Value, stale: Option<i64>) -> Result<Value, AwsError> {
        if operation != "TransactWriteItems" && operation != "BatchGetItem" {
            request["TableName"] = "t".into();
        }
        self.bill = Bill::default();
        self.service.call(operation, &request, self.now, stale, &mut self.bill)
    }

    fn call(&mut self, operation: &str, request: Value) -> Value {
        self.try_call(operation, request, None).unwrap()
    }

    fn put(&mut self, item: Value) -> Result<Value, AwsError> {
        self.try_call("PutItem", json!({ "Item": item }), None)
    }

    fn sort_keys(&mut self, request: Value) -> Vec<String> {
        let answer = self.call("Query", request);
        answer["Items"].as_array().unwrap().iter().map(|item| item["sk"]["S"].as_str().unwrap().to_owned()).collect()
    }
}

fn item(pk: &str, sk: &str) -> Value {
    json!({ "pk": {"S": pk}, "sk": {"S": sk} })
}

fn listed(sk: &str, gpk: &str, gsk: &str) -> Value {
    json!({ "pk": {"S": "p"}, "sk": {"S": sk}, "gpk": {"S": gpk}, "gsk": {"S": gsk} })
}

fn query(condition: &str, values: Value) -> Value {
    json!({ "KeyConditionExpression": condition, "ExpressionAttributeValues": values, "ConsistentRead": true })
}

#[test]
fn a_condition_guards_a_put_and_a_delete() {
    let mut hand = Hand::new();
    let absent = json!({ "Item": item("p", "s"), "ConditionExpression": "attribute_not_exists(pk)" });
    hand.call("PutItem", absent.clone());
    let refused = hand.try_call("PutItem", absent, None).unwrap_err();
    assert_eq!((refused.status, refused.code), (400, "ConditionalCheckFailedException"));
    assert_eq!(hand.bill.write_units, 1, "a failed condition is billed");
    let versioned = |version: &str, expected: &str| {
        json!({
            "Item": { "pk": {"S": "p"}, "sk": {"S": "s"}, "version": {"N": version} },
            "ConditionExpression": "attribute_not_exists(version) OR version = :version",
            "ExpressionAttributeValues": { ":version": {"N": expected} },
        })
    };
    hand.call("PutItem", versioned("1", "0"));
    hand.call("PutItem", versioned("2", "1"));
    assert!(hand.try_call("PutItem", versioned("3", "1"), None).is_err());
    let delete = json!({ "Key": item("p", "s"), "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": { ":version": {"N": "1"} } });
    assert!(hand.try_call("DeleteItem", delete, None).is_err());
    hand.call("DeleteItem", json!({ "Key": item("p", "s") }));
    assert_eq!(hand.call("GetItem", json!({ "Key": item("p", "s") })), json!({}));
}

#[test]
fn queries_choose_by_sort_key_in_order() {
    let mut hand = Hand::new();
    for sk in ["b1", "a2", "a1", "c"] {
        hand.put(item("p", sk)).unwrap();
        hand.put(item("q", sk)).unwrap();
    }
    let values = json!({ ":pk": {"S": "p"}, ":a": {"S": "a"}, ":b": {"S": "b1"} });
    for (condition, expected) in [
        ("pk = :pk", &["a1", "a2", "b1", "c"][..]),
        ("pk = :pk AND begins_with(sk, :a)", &["a1", "a2"]),
        ("pk = :pk AND sk < :b", &["a1", "a2"]),
        ("pk = :pk AND sk <= :b", &["a1", "a2", "b1"]),
        ("pk = :pk AND sk > :b", &["c"]),
        ("pk = :pk AND sk BETWEEN :a AND :b", &["a1", "a2", "b1"]),
    ] {
        assert_eq!(hand.sort_keys(query(condition, values.clone())), expected, "{condition}");
    }
    let mut backwards = query("pk = :pk", values);
    backwards["ScanIndexForward"] = false.into();
    assert_eq!(hand.sort_keys(backwards), ["c", "b1", "a2", "a1"]);
}

#[test]
fn pages_follow_each_other_both_ways() {
    for forward in [true, false] {
        let mut hand = Hand::new();
        for n in 0..5 {
            hand.put(item("p", &format!("{n}"))).unwrap();
        }
        let mut request = query("pk = :pk", json!({ ":pk": {"S": "p"} }));
        request["Limit"] = 2.into();
        request["ScanIndexForward"] = forward.into();
        let mut seen = Vec::new();
        loop {
            let answer = hand.call("Query", request.clone());
            let items = answer["Items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["sk"]["S"].as_str().unwrap().to_owned()));
            match answer.get("LastEvaluatedKey") {
                Some(last) => request["ExclusiveStartKey"] = last.clone(),
                None => break,
            }
        }
        seen.sort();
        assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    }
}

#[test]
fn the_index_shows_keys_only_and_forgets() {
    let mut hand = Hand::new();
    for (sk, gsk) in [("1", "x"), ("2", "z"), ("3", "y")] {
        hand.put(listed(sk, "owner", gsk)).unwrap();
        assert_eq!(hand.bill.write_units, 2, "one for the table, one for the index");
    }
    let request = json!({ "IndexName": "by_owner", "KeyConditionExpression": "gpk = :o AND gsk < :z",
        "ExpressionAttributeValues": { ":o": {"S": "owner"}, ":z": {"S": "z"} } });
    assert_eq!(hand.sort_keys(request.clone()), ["1", "3"]);
    hand.put(listed("1", "other", "x")).unwrap();
    assert_eq!(hand.bill.write_units, 3, "an index entry goes and one comes");
    hand.put(
        json!({ "pk": {"S": "p"}, "sk": {"S": "3"}, "gpk": {"S": "owner"}, "gsk": {"S": "y"}, "more": {"S": "m"} }),
    )
    .unwrap();
    assert_eq!(hand.bill.write_units, 1, "what the index shows has not changed");
    let answer = hand.call("Query", request);
    assert_eq!(answer["Items"], json!([listed("3", "owner", "y")]));
}

#[test]
fn a_transaction_is_all_or_nothing_and_says_why() {
    let mut hand = Hand::new();
    hand.put(item("p", "there")).unwrap();
    let put = |sk: &str| json!({ "Put": { "TableName": "t", "Item": item("p", sk), "ConditionExpression": "attribute_not_exists(pk)" } });
    let request = json!({ "TransactItems": [put("new"), put("there")], "ClientRequestToken": "k" });
    let refused = hand.try_call("TransactWriteItems", request, None).unwrap_err();
    assert_eq!(refused.code, "TransactionCanceledException");
    let reasons = json!([{ "Code": "None" }, { "Code": "ConditionalCheckFailed" }]);
    assert_eq!(refused.more, Some(("CancellationReasons", reasons)));
    assert_eq!(hand.call("GetItem", json!({ "Key": item("p", "new") })), json!({}));
    let delete = json!({ "Delete": { "TableName": "t", "Key": item("p", "there") } });
    let check = json!({ "ConditionCheck": { "TableName": "t", "Key": item("p", "x"), "ConditionExpression": "attribute_not_exists(pk)" } });
    let request = json!({ "TransactItems": [put("new"), delete, check], "ClientRequestToken": "l" });
    hand.call("TransactWriteItems", request.clone());
    assert_eq!((hand.bill.write_units, hand.bill.written.len()), (6, 2));
    assert_eq!(hand.call("TransactWriteItems", request.clone()), json!({}), "the SDK's repetition of a lost reply");
    assert_eq!(hand.bill.written.len(), 0);
    hand.now += 600_001;
    assert!(hand.try_call("TransactWriteItems", request.clone(), None).is_err(), "the token is forgotten");
    let mut other = request;
    other["TransactItems"] = json!([put("other")]);
    hand.call("TransactWriteItems", other.clone());
    other["TransactItems"] = json!([put("third")]);
    let refused = hand.try_call("TransactWriteItems", other, None).unwrap_err();
    assert_eq!(refused.code, "IdempotentParameterMismatchException");
}

#[test]
fn stale_reads_show_the_past_and_consistent_ones_do_not() {
    let mut hand = Hand::new();
    hand.put(listed("old", "o", "1")).unwrap();
    let before = hand.now;
    hand.now += 5_000;
    hand.put(listed("new", "o", "2")).unwrap();
    hand.call("DeleteItem", json!({ "Key": item("p", "old") }));
    let index = json!({ "IndexName": "by_owner", "KeyConditionExpression": "gpk = :o",
        "ExpressionAttributeValues": { ":o": {"S": "o"} } });
    let stale = hand
        .try_call(
            "Query",
            {
                let mut q = index.clone();
                q["TableName"] = "t".into();
                q
            },
            Some(before),
        )
        .unwrap();
    assert_eq!(stale["Items"], json!([listed("old", "o", "1")]));
    assert_eq!(hand.sort_keys(index), ["new"]);
    let get = |consistent: bool| json!({ "Key": item("p", "old"), "ConsistentRead": consistent });
    assert_eq!(hand.try_call("GetItem", get(true), Some(before)).unwrap(), json!({}));
    assert_eq!(hand.try_call("GetItem", get(false), Some(before)).unwrap()["Item"], listed("old", "o", "1"));
}

#[test]
fn units_are_counted_as_aws_bills_them() {
    let mut hand = Hand::new();
    let large = |bytes: usize| json!({ "pk": {"S": "p"}, "sk": {"S": "s"}, "doc": {"S": "x".repeat(bytes)} });
    hand.put(large(1024 - 9)).unwrap();
    assert_eq!(hand.bill.write_units, 1);
    hand.put(large(1024)).unwrap();
    assert_eq!(hand.bill.write_units, 2);
    hand.put(large(10)).unwrap();
    assert_eq!(hand.bill.write_units, 2, "the larger of old and new");
    hand.put(large(5_000)).unwrap();
    hand.call("GetItem", json!({ "Key": item("p", "s"), "ConsistentRead": true }));
    assert_eq!(hand.bill.half_read_units, 4);
    hand.call("GetItem", json!({ "Key": item("p", "missing") }));
    assert_eq!(hand.bill.half_read_units, 1);
    let batch =
        json!({ "RequestItems": { "t": { "Keys": [item("p", "s"), item("p", "none")], "ConsistentRead": true } } });
    let answer = hand.call("BatchGetItem", batch);
    assert_eq!(answer["Responses"]["t"].as_array().unwrap().len(), 1);
    assert_eq!(hand.bill.half_read_units, 6);
}

#[test]
#[should_panic(expected = "does not know `ReturnValues`")]
fn an_unknown_member_is_refused() {
    Hand::new().call("PutItem", json!({ "Item": item("p", "s"), "ReturnValues": "ALL_OLD" }));
}

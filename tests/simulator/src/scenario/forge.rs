//! Somebody with access to the table writes into it.

use std::rc::Rc;

use aws_smithy_types::base64;
use curfew_aws::table::stored;
use curfew_domain::id::RequestId;
use serde_json::{Value, json};

use crate::aws::dynamodb::Bill;
use crate::template::TABLE;
use crate::{Call, Service, What, World};

impl World {
    /// Changes what a stored request asks for, as if somebody had written it into the table: a member of the stored wish.
    /// Not a call of a function, nor struck by any fault.
    pub fn forge_request(&self, id: &RequestId, field: &str, value: &Value) {
        let mut item = self.stored(&format!("REQ#{id}"), "R");
        let packed = item["doc"]["B"].as_str().expect("a document");
        let packed = base64::decode(packed).expect("base64");
        let text = stored::document(&packed).expect("a document");
        let (document, records) = text.split_once('\n').expect("audit records under it");
        let mut document: Value = serde_json::from_str(document).expect("a JSON document");
        assert!(document["ask"].get(field).is_some(), "a wish has no `{field}`");
        document["ask"][field] = value.clone();
        let packed = stored::pack(&format!("{document}\n{records}")).expect("a document");
        item["doc"]["B"] = json!(base64::encode(packed));
        self.overwrite(&item);
        self.note(format!("somebody writes {field} = {value} into request {id}"));
    }

    /// Makes the configuration in force unreadable, as if somebody had written into the table.
    pub fn spoil_configuration(&self) {
        let mut item = self.stored("CONFIG", "current");
        item["version_id"]["S"] = json!("spoilt");
        self.overwrite(&item);
        self.note("somebody spoils the configuration in the table");
    }

    fn stored(&self, pk: &str, sk: &str) -> Value {
        let stored = self.items(pk).into_iter().find(|item| item["sk"]["S"] == sk);
        stored.map_or_else(|| panic!("{pk} {sk} is not stored"), Rc::unwrap_or_clone)
    }

    fn overwrite(&self, item: &Value) {
        let request = json!({ "TableName": TABLE, "Item": item });
        let mut bill = Bill::default();
        let now = self.now().as_millisecond();
        let answer = self.0.dynamodb.borrow_mut().call("PutItem", &request, now, None, &mut bill);
        let answer = Rc::new(answer.unwrap_or_else(|error| panic!("{}", error.code)));
        let changes = {
            let mut decoded = self.0.decoded.borrow_mut();
            bill.written.into_iter().map(|written| decoded.take(written)).collect()
        };
        let call = Call {
            number: 0,
            notice: 0,
            service: Service::DynamoDb,
            operation: "PutItem",
            request: Rc::new(request),
            answer: Ok(answer),
            strike: None,
            changes,
            write_units: 0,
            half_read_units: 0,
        };
        self.step(None, What::Call(call));
    }
}

use curfew_identity_center::{Model, Settings, wire};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
};
use ureq::http::Response;

const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1111222233334444";

/// A server on a free port, for as long as the test process lives.
fn start() -> SocketAddr {
    let model = Arc::new(Mutex::new(Model::new(Settings { latency_ms: 0, ..Settings::default() }, 1)));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, wire::router(model)).await.unwrap();
        });
    });
    address
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn call(address: SocketAddr, target: &str, body: &Value) -> (Response<ureq::Body>, Value) {
    let request = agent().post(format!("http://{address}/")).header("x-amz-target", target);
    let mut reply = request.content_type("application/x-amz-json-1.1").send(body.to_string()).unwrap();
    let body = reply.body_mut().read_json().unwrap();
    (reply, body)
}

fn control(address: SocketAddr, path: &str, body: &Value) -> Value {
    agent().post(format!("http://{address}/_control/{path}")).send_json(body).unwrap().body_mut().read_json().unwrap()
}

fn state(address: SocketAddr) -> Value {
    agent().get(format!("http://{address}/_control/state")).call().unwrap().body_mut().read_json().unwrap()
}

#[test]
fn one_address_serves_both_services() {
    let address = start();
    let (reply, body) = call(address, "SWBExternalService.ListInstances", &json!({}));
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(reply.headers()["x-amzn-requestid"].len(), 36);
    assert_eq!(body["Instances"][0]["InstanceArn"], INSTANCE);
    let (_, body) = call(address, "AWSIdentityStore.ListUsers", &json!({ "IdentityStoreId": "d-1234567890" }));
    assert_eq!(body["Users"], json!([]));
}

#[test]
fn errors_carry_their_type_in_header_and_body() {
    let address = start();
    let (reply, body) = call(address, "SWBExternalService.DescribeInstance", &json!({ "InstanceArn": "x" }));
    assert_eq!(reply.status(), 400);
    assert_eq!(reply.headers()["x-amzn-errortype"], "ValidationException");
    assert_eq!(body["__type"], "ValidationException");
    assert!(body["message"].as_str().unwrap().contains("InstanceArn"));
    let (reply, _) = call(address, "Nonsense", &json!({}));
    assert_eq!(reply.headers()["x-amzn-errortype"], "UnknownOperationException");
    let garbage = agent().post(format!("http://{address}/")).send("{").unwrap();
    assert_eq!(garbage.headers()["x-amzn-errortype"], "SerializationException");
}

#[test]
fn a_lost_reply_closes_the_connection_without_a_byte() {
    let address = start();
    control(address, "faults", &json!({ "operation": "ListInstances", "kind": "lost_reply" }));
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        "POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: SWBExternalService.ListInstances\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(head.as_bytes()).unwrap();
    let mut received = Vec::new();
    // Closed or reset: either way nothing came.
    let _ = stream.read_to_end(&mut received);
    assert_eq!(received, b"");
    assert_eq!(state(address)["counters"]["ListInstances"]["ReplyLost"], 1);
    assert_eq!(call(address, "SWBExternalService.ListInstances", &json!({})).0.status(), 200);
}

#[test]
fn other_processes_can_order_faults_change_settings_and_assign_by_hand() {
    let address = start();
    let settings = control(address, "settings", &json!({ "latency_ms": 5, "role_updates": "parallel" }));
    assert_eq!((&settings["latency_ms"], &settings["outstanding_operations"]), (&json!(5), &json!(10)));
    let refused = agent().post(format!("http://{address}/_control/settings")).send_json(json!({ "latncy": 5 }));
    assert_eq!(refused.unwrap().status(), 400);

    let fault = json!({ "operation": "*", "times": 3, "kind": "fail", "reason": "quota" });
    assert_eq!(control(address, "faults", &fault)["faults"], json!([fault]));
    agent().delete(format!("http://{address}/_control/faults")).call().unwrap();

    let assignment = json!({
        "account": "111111111111", "permission_set": "arn", "principal_type": "USER", "principal_id": "someone",
    });
    let add = json!({ "present": true, "assignment": assignment });
    assert_eq!(control(address, "assignments", &add)["changed"], true);
    assert_eq!(control(address, "assignments", &add)["changed"], false);
    let seen = state(address);
    assert_eq!((&seen["assignments"], &seen["faults"]), (&json!([assignment]), &json!([])));
    assert_eq!(seen["operations_in_progress"], json!([]));
}

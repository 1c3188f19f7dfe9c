//! The services.

use serde_json::Value;

use crate::fault::CallFault;
use crate::log::Service;

pub(crate) fn admits(_service: Service, _operation: &str, _request: &Value, _fault: CallFault) -> bool {
    todo!()
}

pub(crate) fn subject(_service: Service, _operation: &str, _request: &Value) -> String {
    todo!()
}

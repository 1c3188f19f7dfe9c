//! What a person may see and ask for, and who may have an entitlement.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::AccessDuration;
use serde::Serialize;

use crate::demands::Demand;
use crate::judge::Judgement;
use crate::model::{Entitlement, Name};

/// What would come of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Prospect {
    /// Approved at once.
    Automatic {
        /// By this flow.
        flow: Name,
        /// If the request has these words.
        demands: Vec<Demand>,
    },
    /// Put to approvers.
    Approval {
        /// By this flow.
        flow: Name,
        /// How many approvals follow one another when everybody answers in time.
        steps: usize,
        /// If the request has these words.
        demands: Vec<Demand>,
    },
    /// Denied.
    Denied {
        /// Why, in sentences for people.
        reasons: Vec<String>,
    },
}

impl Prospect {
    /// What a judgement means for who asks.
    pub(crate) fn of(judgement: &Judgement) -> Self {
        let Some((tried, laid)) = judgement.flow() else {
            let of_flows = judgement.tried.iter().map(|tried| format!("flow `{}`: {}", tried.flow, tried.why_not()));
            return Self::Denied { reasons: judgement.objections.iter().cloned().chain(of_flows).collect() };
        };
        let (flow, demands) = (tried.flow.clone(), tried.demands.clone());
        let way = std::iter::successors(laid.steps.first(), |step| laid.steps.get(step.then?));
        match way.count() {
            0 => Self::Automatic { flow, demands },
            steps => Self::Approval { flow, steps, demands },
        }
    }

    /// Whether asking makes sense.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Denied { .. })
    }
}

impl fmt::Display for Prospect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Automatic { flow, .. } => write!(f, "Approved automatically, by flow {flow}"),
            Self::Approval { flow, steps: 1, .. } => write!(f, "Needs one approval, by flow {flow}"),
            Self::Approval { flow, steps, .. } => write!(f, "Needs {steps} approvals, by flow {flow}"),
            Self::Denied { .. } => f.write_str("Denied"),
        }
    }
}

//! The decision itself.

use curfew_domain::time::SignedDuration;
use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};

use crate::configuration::{Approval, Configuration, Entitlement};
use crate::facts::{AccountFacts, Facts, PermissionSetFacts, UserFacts};

impl Configuration {
    /// Judges one wish. Whatever is unknown or unclear is a denial, and says so.
    pub fn decide(&self, facts: &Facts<'_>) -> Verdict {
        let entitlement = self.entitlement(&facts.ask.account, &facts.ask.permission_set);
        let (outcome, explanation) = match entitlement {
            None => (Outcome::Denied, vec!["no entitlement of the configuration covers this".to_owned()]),
            Some(entitlement) => self.judge(entitlement, facts),
        };
        Verdict {
            outcome,
            digest: facts.ask.digest(),
            configuration: self.version.0.clone(),
            explanation,
            grounds: Grounds::default(),
        }
    }

    fn judge(&self, entitlement: &Entitlement, facts: &Facts<'_>) -> (Outcome, Vec<String>) {
        let objections = self.objections(entitlement, facts);
        if !objections.is_empty() {
            return (Outcome::Denied, objections);
        }
        let name = format!("{} in {}", entitlement.permission_set_name, entitlement.account_name);
        match &entitlement.approval {
            Approval::Automatic => {
                let why = format!("{name} is approved automatically up to {}", entitlement.max_duration);
                (Outcome::Allowed { flow: "automatic".to_owned(), steps: Vec::new() }, vec![why])
            }
            Approval::OneOf { approvers, timeout } => {
                let able: Vec<_> = approvers.iter().filter(|who| **who != facts.ask.requester).cloned().collect();
                if able.is_empty() {
                    let why = format!("the requester is the only approver of {name}");
                    return (Outcome::Denied, vec![why]);
                }
                let why = format!("{name} needs one of {} approvers", able.len());
                let step = Step {
                    name: "approval".to_owned(),
                    approvers: able,
                    quorum: 1,
                    timeout: *timeout,
                    on_timeout: OnTimeout::Lapse,
                    then: None,
                    self_approval: false,
                    distinct: false,
                    comment_on_denial: false,
                };
                (Outcome::Allowed { flow: "one approval".to_owned(), steps: vec![step] }, vec![why])
            }
        }
    }

    /// Everything that speaks against it, so that a person can mend all of it at once.
    fn objections(&self, entitlement: &Entitlement, facts: &Facts<'_>) -> Vec<String> {
        let mut objections = Vec::new();
        if facts.ask.emergency {
            objections.push("emergency access is off for this entitlement".to_owned());
        }
        if facts.ask.duration > entitlement.max_duration {
            let (asked, max) = (facts.ask.duration, entitlement.max_duration);
            objections.push(format!("{asked} is longer than the maximum of {max}"));
        }
        match facts.requester {
            UserFacts::Enabled => {}
            UserFacts::Disabled => objections.push("the requester is disabled in the directory".to_owned()),
            UserFacts::Unknown => objections.push("the requester is not in the directory".to_owned()),
        }
        match facts.account {
            AccountFacts::Active => {}
            AccountFacts::NotActive => objections.push("the account is suspended or closed".to_owned()),
            AccountFacts::Management => {
                objections.push("access to the management account cannot be given by a delegated administrator".into());
            }
            AccountFacts::Unknown => objections.push("the account is not in the organisation".to_owned()),
        }
        match facts.permission_set {
            PermissionSetFacts::Known { session } if session <= self.session_limit => {}
            PermissionSetFacts::Known { session } => objections.push(format!(
                "sessions of this permission set last {}, longer than the bound of {}: they would outlive the grant",
                hours(session),
                hours(self.session_limit)
            )),
            PermissionSetFacts::Unknown => objections.push("the permission set does not exist".to_owned()),
        }
        objections
    }
}

fn hours(duration: SignedDuration) -> String {
    let minutes = duration.as_mins();
    if minutes % 60 == 0 { format!("{} h", minutes / 60) } else { format!("{minutes} min") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curfew_domain::ask::Ask;
    use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
    use curfew_domain::text::Justification;
    use curfew_domain::time::{AccessDuration, Timestamp};

    const ANA: &str = "00000000-0000-4000-8000-000000000001";
    const BEN: &str = "00000000-0000-4000-8000-000000000002";
    const SET: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444";

    fn configuration(approval: &str) -> Configuration {
        Configuration::parse(&format!(
            "administrators = [\"{ANA}\"]\nsession_limit = \"PT1H\"\n[[entitlement]]\naccount = \"111122223333\"\naccount_name = \"prod\"\n\
             permission_set = \"{SET}\"\npermission_set_name = \"Admin\"\nmax_duration = \"PT2H\"\napproval = {approval}\n"
        ))
        .unwrap()
    }

    fn ask(duration: &str) -> Ask {
        Ask {
            id: RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap(),
            requester: UserId::parse(ANA).unwrap(),
            account: AccountId::parse("111122223333").unwrap(),
            permission_set: PermissionSetArn::parse(SET).unwrap(),
            duration: AccessDuration::parse(duration).unwrap(),
            justification: Justification::parse("because").unwrap(),
            ticket: None,
            start: None,
            emergency: false,
            submitted_at: Timestamp::UNIX_EPOCH,
            extends: None,
            escalates: None,
            origin: curfew_domain::origin::Origin::default(),
        }
    }

    fn good(ask: &Ask) -> Facts<'_> {
        Facts {
            ask,
            requester: UserFacts::Enabled,
            account: AccountFacts::Active,
            permission_set: PermissionSetFacts::Known { session: SignedDuration::from_hours(1) },
        }
    }

    #[test]
    fn each_doubt_denies_and_says_why() {
        let configuration = configuration("\"automatic\"");
        let (fine, long) = (ask("PT2H"), ask("PT2H1S"));
        let allowed = configuration.decide(&good(&fine));
        assert_eq!(allowed.outcome, Outcome::Allowed { flow: "automatic".into(), steps: vec![] });

        let emergency = Ask { emergency: true, ..fine.clone() };
        let elsewhere = Ask { account: AccountId::parse("999999999999").unwrap(), ..fine.clone() };
        let session = PermissionSetFacts::Known { session: SignedDuration::from_hours(12) };
        let cases = [
            (good(&long), "longer than the maximum of PT2H"),
            (good(&emergency), "emergency access is off"),
            (good(&elsewhere), "no entitlement"),
            (Facts { requester: UserFacts::Disabled, ..good(&fine) }, "requester is disabled"),
            (Facts { requester: UserFacts::Unknown, ..good(&fine) }, "requester is not in the directory"),
            (Facts { account: AccountFacts::NotActive, ..good(&fine) }, "suspended or closed"),
            (Facts { account: AccountFacts::Management, ..good(&fine) }, "management account"),
            (Facts { account: AccountFacts::Unknown, ..good(&fine) }, "not in the organisation"),
            (Facts { permission_set: PermissionSetFacts::Unknown, ..good(&fine) }, "does not exist"),
            (Facts { permission_set: session, ..good(&fine) }, "last 12 h, longer than the bound of 1 h"),
        ];
        for (facts, reason) in cases {
            let verdict = configuration.decide(&facts);
            assert_eq!(verdict.outcome, Outcome::Denied, "{reason}");
            assert!(verdict.explanation.iter().any(|why| why.contains(reason)), "{:?}", verdict.explanation);
        }
    }

    #[test]
    fn the_requester_is_never_among_the_approvers() {
        let approval = |who: &str| format!("{{ approvers = [{who}], timeout = \"PT4H\" }}");
        let ask = ask("PT1H");
        let both = configuration(&approval(&format!("\"{ANA}\", \"{BEN}\""))).decide(&good(&ask));
        assert_eq!(both.steps()[0].approvers, [UserId::parse(BEN).unwrap()]);
        let alone = configuration(&approval(&format!("\"{ANA}\""))).decide(&good(&ask));
        assert_eq!(alone.outcome, Outcome::Denied, "an empty step is never skipped");
    }
}

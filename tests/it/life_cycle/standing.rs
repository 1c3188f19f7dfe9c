//! I7: what Curfew did not create it neither adopts, nor replaces, nor deletes.

use curfew_domain::request::{EndReason, Gone, State as S};
use curfew_domain::time::SignedDuration;
use curfew_engine::end::Ending;

use super::people::{in_a_world, key, wish};

const SOON: SignedDuration = SignedDuration::from_secs(30);
const LAG: SignedDuration = SignedDuration::from_secs(2);

#[test]
fn i7_a_standing_assignment_is_recognised_and_stays() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        world.administer(&key, true);
        world.pass(LAG).await;
        let expired = world.ask_automatic(&cast, 5).await;
        let returned = world.ask_automatic(&cast, 5).await;
        world.reaches(&expired, "active", SOON).await;
        world.reaches(&returned, "active", SOON).await;
        assert!(world.request(&expired).state.grant().unwrap().standing);
        world.end(&cast.ana, &returned, Ending::Return).await.unwrap();
        world.all_over(SignedDuration::from_mins(10)).await;
        for id in [expired, returned] {
            let S::Ended { gone, .. } = world.request(&id).state else { panic!("not ended") };
            assert!(matches!(gone, Gone::Standing | Gone::KeptFor(_)), "{gone:?}");
        }
        assert!(world.is_assigned(&key));
        let calls = &world.state().calls;
        assert!(!calls.iter().any(|c| c.starts_with("access.begin")), "nothing was changed");
    });
}

#[test]
fn i7_an_assignment_that_an_administrator_is_just_making_is_theirs() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        // Identity Center refuses ours while theirs is in progress.
        let now = world.millis();
        {
            let mut state = world.state();
            let instance = state.model.settings().instance_arn.clone();
            let body = serde_json::json!({
                "InstanceArn": instance, "TargetId": key.account.as_str(), "TargetType": "AWS_ACCOUNT",
                "PermissionSetArn": key.permission_set.as_str(), "PrincipalType": "USER",
                "PrincipalId": key.user.as_str(),
            });
            state.foreign.insert(key.clone());
            state.model.settings_mut().latency_ms = 4_000;
            let service = curfew_identity_center::SSO_ADMIN;
            state.model.call(service, "CreateAccountAssignment", &body, now).unwrap();
            state.model.settings_mut().latency_ms = 1_000;
            // The listing is up to date here: what it does not show yet, nobody can tell apart.
            state.model.settings_mut().listing_lag_ms = 0;
        }
        let id = world.ask_automatic(&cast, 5).await;
        world.reaches(&id, "active", SOON).await;
        assert!(world.request(&id).state.grant().unwrap().standing);
        world.all_over(SignedDuration::from_mins(10)).await;
        assert!(world.is_assigned(&key));
    });
}

#[test]
fn i15_access_that_was_removed_outside_is_noticed_and_its_request_ended() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        let id = world.ask_automatic(&cast, 60).await;
        world.reaches(&id, "active", SOON).await;
        world.administer(&key, false);
        world.reaches(&id, "ended", SignedDuration::from_mins(5)).await;
        let S::Ended { reason, gone, .. } = world.request(&id).state else { panic!("not ended") };
        assert_eq!((reason.name(), gone), ("assignment_removed", Gone::Absent));
        // What an administrator makes afterwards is theirs.
        world.administer(&key, true);
        world.pass(SignedDuration::from_mins(62)).await;
        assert!(world.is_assigned(&key));
    });
}

#[test]
fn i7_standing_access_that_ends_leaves_the_grant_on_the_same_key_its_own() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        world.administer(&key, true);
        world.pass(LAG).await;
        let first = world.ask_automatic(&cast, 10).await;
        world.reaches(&first, "active", SOON).await;
        world.administer(&key, false);
        world.pass(LAG).await;
        let second = world.ask(&cast.ana, wish(&cast.automatic, 3, None)).await;
        world.reaches(&second, "active", SOON).await;
        assert!(world.is_assigned(&key) && !world.request(&second).state.grant().unwrap().standing);
        world.all_over(SignedDuration::from_mins(20)).await;
        assert!(!world.is_assigned(&key));
        let S::Ended { reason, .. } = world.request(&second).state else { panic!("not ended") };
        assert_eq!(reason, EndReason::Expired);
    });
}

//! I7: what Curfew did not create it neither adopts, nor replaces, nor deletes.

use curfew_domain::request::{Gone, Stage};
use curfew_sim::scenario::cast::{Access, Person};
use curfew_sim::scenario::people::{mins, secs};

use crate::stage::{automatic, calls_of, ended, play};

#[test]
fn i7_a_standing_assignment_is_recognised_and_stays() {
    play(async |play| {
        let key = play.key(Person::Ana, Access::Automatic);
        play.administer(&key, true);
        play.world.pass(secs(2)).await;
        let expired = automatic(&play, mins(5)).await;
        let returned = automatic(&play, mins(5)).await;
        assert!(play.reaches(&expired, Stage::Active, secs(30)).await);
        assert!(play.reaches(&returned, Stage::Active, secs(30)).await);
        assert!(play.world.request(&expired).unwrap().state.grant().unwrap().standing);
        play.give_up(Person::Ana, &returned).await;
        play.all_over(mins(10)).await;
        for id in [expired, returned] {
            let (_, gone) = ended(&play, &id);
            assert!(matches!(gone, Gone::Standing | Gone::KeptFor(_)), "{gone:?}");
        }
        assert!(play.world.key_is_assigned(&key));
        let changes = ["CreateAccountAssignment", "DeleteAccountAssignment"].map(|call| calls_of(&play, call));
        assert_eq!(changes, [0, 0], "nothing was changed");
    });
}

#[test]
fn i15_access_that_was_removed_outside_is_noticed_and_what_comes_after_is_theirs() {
    play(async |play| {
        let key = play.key(Person::Ana, Access::Automatic);
        let id = automatic(&play, mins(60)).await;
        assert!(play.reaches(&id, Stage::Active, secs(30)).await);
        play.administer(&key, false);
        assert!(play.reaches(&id, Stage::Ended, mins(5)).await);
        let (reason, gone) = ended(&play, &id);
        assert_eq!((reason.name(), gone), ("assignment_removed", Gone::Absent));
        play.administer(&key, true);
        play.world.pass(mins(62)).await;
        assert!(play.world.key_is_assigned(&key));
    });
}

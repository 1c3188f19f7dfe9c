//! I9: several grants on one key. Access lasts until the last of them ends, and not longer.

use curfew_domain::request::{Gone, Stage};
use curfew_sim::scenario::cast::{Access, Person};
use curfew_sim::scenario::people::{Wish, millis, mins, secs, wish};

use crate::stage::{automatic, calls_of, ended, play, stage_of};

#[test]
fn i9_access_lasts_until_the_later_of_two_ends_in_both_orders() {
    for (first, second) in [(3, 9), (9, 3)] {
        play(async |play| {
            let key = play.key(Person::Ana, Access::Automatic);
            let a = automatic(&play, mins(first)).await;
            let b = automatic(&play, mins(second)).await;
            assert!(play.reaches(&a, Stage::Active, secs(30)).await);
            assert!(play.reaches(&b, Stage::Active, secs(30)).await);
            let (short, long) = if first < second { (a, b) } else { (b, a) };
            let last = play.end_of(&long).unwrap();
            play.world.until(play.end_of(&short).unwrap()).await;
            assert!(play.reaches(&short, Stage::Ended, secs(90)).await);
            assert_eq!(ended(&play, &short).1, Gone::KeptFor(long.clone()));
            play.world.until(last).await;
            assert!(play.world.key_is_assigned(&key), "not a second too early");
            assert!(play.reaches(&long, Stage::Ended, secs(90)).await);
            assert_eq!(ended(&play, &long).1, Gone::Absent);
            assert_eq!(calls_of(&play, "CreateAccountAssignment"), 1, "the second found that of the first");
        });
    }
}

#[test]
fn i9_back_to_back_grants_each_have_their_access() {
    // The second begins a little before, at, and a little after the end of the first.
    for offset in [-1_500, -300, 0, 40, 700, 2_000] {
        play(async |play| {
            let first = automatic(&play, mins(2)).await;
            assert!(play.reaches(&first, Stage::Active, secs(30)).await);
            let start = play.end_of(&first).unwrap() + millis(offset);
            let later = Wish { start: Some(start), ..wish(Access::Automatic, mins(2)) };
            let second = play.ask(Person::Ana, later).await.unwrap();
            play.world.until(start).await;
            assert!(play.reaches(&second, Stage::Active, secs(30)).await, "offset {offset}");
            play.all_over(mins(10)).await;
            assert_eq!(ended(&play, &second).1, Gone::Absent, "offset {offset}");
            assert_eq!(stage_of(&play, &first), "ended");
        });
    }
}

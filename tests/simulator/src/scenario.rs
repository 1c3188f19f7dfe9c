//! Scenarios: what people and administrators do, from asking to the last end. They cover the life cycle, and everything
//! that once went wrong in a peer or in us.

pub mod cast;
mod chaos;
mod deciding;
mod ending;
mod extending;
mod forge;
mod outside;
pub mod people;
mod plain;
mod reviewing;
mod sharing;
mod strategies;
mod trouble;

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use curfew_identity_center::Settings;

use crate::invariants::Book;
use crate::{Options, Plan, World};
use cast::Access;

/// A story that comes to its end.
pub type Told = Pin<Box<dyn Future<Output = ()>>>;

/// Something that people do, over which the campaign lets things go wrong.
pub struct Scenario {
    /// What it is called in schedules and on the command line.
    pub name: &'static str,
    /// What happens, in a line.
    pub about: &'static str,
    /// Whether a bounded run, as in `cargo test`, tries it.
    pub core: bool,
    /// Changes of the world it takes place in.
    pub adjust: fn(&mut Options),
    /// What happens.
    pub story: fn(Play) -> Told,
}

/// What a story works with.
#[derive(Clone)]
pub struct Play {
    /// The world.
    pub world: World,
    /// What the invariants are told.
    pub book: Rc<RefCell<Book>>,
}

/// Makes a scenario of an asynchronous function.
macro_rules! scenario {
    ($name:literal, $story:path, $about:literal $(, core: $core:literal)? $(, adjust: $adjust:expr)?) => {
        $crate::scenario::Scenario {
            name: $name,
            about: $about,
            core: false $(|| $core)?,
            adjust: { let _none: fn(&mut $crate::Options) = |_| {}; $(let _none: fn(&mut $crate::Options) = $adjust;)? _none },
            story: |play| Box::pin($story(play)),
        }
    };
}
pub(crate) use scenario;

/// All of them.
pub fn all() -> Vec<Scenario> {
    let mut all = plain::scenarios();
    all.extend(deciding::scenarios());
    all.extend(ending::scenarios());
    all.extend(extending::scenarios());
    all.extend(reviewing::scenarios());
    all.extend(sharing::scenarios());
    all.extend(outside::scenarios());
    all.extend(strategies::scenarios());
    all.extend(trouble::scenarios());
    all.push(chaos::scenario());
    all
}

/// The scenario of this name.
pub fn named(name: &str) -> Option<Scenario> {
    all().into_iter().find(|scenario| scenario.name == name)
}

impl Scenario {
    /// The world of a run: Identity Center takes a second and lists what it did 900 milliseconds later; schedules fire
    /// within the minute.
    pub fn options(&self, seed: u64, plan: Plan) -> Options {
        let identity = Settings { listing_lag_ms: 900, ..Settings::default() };
        let mut options = Options {
            brief: false,
            seed,
            plan,
            identity,
            sweep: true,
            announce: false,
            scheduler_precision: Duration::from_mins(1),
            latency: (Duration::from_millis(4), Duration::from_millis(12)),
            organisation: cast::organisation(),
        };
        (self.adjust)(&mut options);
        options
    }
}

impl Play {
    /// At the beginning.
    pub(crate) fn new(world: World) -> Self {
        let book = Book { needs_approval: [world.permission_set(Access::Approved.set())].into(), ..Book::default() };
        Self { world, book: Rc::new(RefCell::new(book)) }
    }

    /// How a request ends when nothing goes wrong.
    pub fn expect(&self, id: &curfew_domain::id::RequestId, outcome: &str) {
        self.book.borrow_mut().expected.push((id.clone(), outcome.to_owned()));
    }

    /// What is so when nothing goes wrong.
    pub fn hope(&self, so: bool, what: &str) {
        if !so {
            self.book.borrow_mut().disappointed.push(format!("{what}, at {}", self.world.now()));
        }
    }
}

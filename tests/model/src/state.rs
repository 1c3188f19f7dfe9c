//! What the model knows: the grants, the record of the key, Identity Center, and the invocations that run.

/// Grants on the one key. Two are enough for overlapping and back-to-back.
pub const GRANTS: usize = 2;
/// Invocations that can run at the same time, at most.
pub const SLOTS: usize = 4;

/// Names a grant: an index below [`GRANTS`].
pub type GrantId = usize;

/// One state of the whole system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The requests, as the store has them.
    pub grants: [Grant; GRANTS],
    /// The record of the key, as the store has it.
    pub record: Record,
    /// Whether the store says that somebody holds the writer lease.
    pub lease_taken: bool,
    /// Identity Center, as far as this key goes.
    pub service: Service,
    /// What runs now, sorted, so that equal sets are equal states.
    pub running: [Option<Invocation>; SLOTS],
    /// Faults that may still happen.
    pub faults: Faults,
    /// What properties need to know about the past. No invocation reads it.
    pub witness: Witness,
}

/// One request and its expiry trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Where it is in its life.
    pub phase: Phase,
    /// Whether its time is over.
    pub due: bool,
    /// Its one-off schedule.
    pub trigger: Trigger,
}

/// Where a request is in its life; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Nobody asked yet.
    Absent,
    /// Approved; its execution called `provision`.
    Approved,
    /// To be created: the intent to assign is part of this record.
    Provisioning,
    /// Confirmed.
    Active,
    /// To be removed: the intent to unassign is part of this record.
    Ending,
    /// Closed, for this reason.
    Ended(Closed),
}

/// Why a request could be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Closed {
    /// The listing is without the assignment.
    Absent,
    /// Another grant needs it.
    Kept,
    /// It is not ours.
    Standing,
}

/// A one-off schedule of EventBridge Scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// Not there yet.
    None,
    /// Will call `revoke` when the grant is due.
    Armed,
    /// Has called `revoke`.
    Fired,
    /// Called nobody, and will not.
    Lost,
}

/// What Curfew has on record about the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The grants that need the key.
    pub holds: [bool; GRANTS],
    /// Whether Curfew made the assignment.
    pub ours: bool,
    /// The change that was begun and not yet seen to its end.
    pub operation: Option<Kind>,
}

/// A change of Identity Center. As the wish of an intent: assign or unassign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Create the assignment.
    Create,
    /// Delete the assignment.
    Delete,
}

/// Identity Center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The assignment, with its maker, which Identity Center does not tell.
    pub assignment: Option<Maker>,
    /// The operation that it works on; a second one is refused.
    pub operation: Option<Operation>,
    /// Calls whose fate nobody knows yet: they may still arrive, or never.
    pub creates_in_the_air: u8,
    /// The same for deletes.
    pub deletes_in_the_air: u8,
}

/// An operation that Identity Center works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// What it does.
    pub kind: Kind,
    /// Who asked for it.
    pub by: Maker,
}

/// Who made an assignment, or asked for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Maker {
    /// We did.
    Curfew,
    /// An administrator, by hand: a standing assignment.
    Administrator,
}

/// One run of a Lambda function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Invocation {
    /// Which function.
    pub function: Function,
    /// What it does next.
    pub step: Step,
    /// Whether it is the writer.
    pub lease: Lease,
    /// Whether the record of the key still has the version that this invocation read or wrote last.
    pub fresh: bool,
    /// The intents to assign that the writer saw when it read the queue, and has not taken up yet.
    pub noted: [bool; GRANTS],
}

/// The functions that write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// May create and delete.
    Provision,
    /// May only delete.
    Revoke,
}

/// An invocation's part in the writer lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lease {
    /// Not the holder.
    None,
    /// The holder.
    Held,
    /// Takes itself for the holder, but the lease ran out.
    Lapsed,
}

/// What an invocation does next. Each step has at most one effect, so that a crash between steps is a crash before or
/// after any effect, and others can act between any check and the call that relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// `provision`: commit provisioning, with the intent to assign.
    Begin(GrantId),
    /// `provision`: arm the expiry trigger.
    Arm(GrantId),
    /// `revoke`: commit ending, with the intent to unassign, if the grant is due.
    Expire(GrantId),
    /// Try to become the writer; go away if somebody is.
    Take,
    /// The writer reads the queue of intents, until it is empty.
    Read,
    /// The writer takes up one of them: of the removals that wait by now, else of the intents to assign that it noted.
    Next,
    /// The writer works on one intent.
    Work(Task, Stage),
    /// The writer found no more intents, or failed: give the lease back.
    Release,
    /// After that, look at the queue once more.
    Look,
}

/// The intent that a writer works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Task {
    /// Whose.
    pub grant: GrantId,
    /// What is wished.
    pub wish: Kind,
}

/// How far the writer is with one intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Read the record of the key.
    Load,
    /// An operation is on record: follow it to its end, or wait until "not found" can be trusted; then list.
    Resolve,
    /// Record what the listing showed after it.
    Settle {
        /// Whether the listing showed the assignment.
        listed: bool,
    },
    /// Assign: is it still wanted? Unassign: release the hold, and see whether another grant needs the key.
    Ready,
    /// Assign: record the hold.
    Hold,
    /// Is the assignment there?
    List,
    /// Unassign: what the record calls ours is gone; correct that.
    Forget,
    /// Record the operation.
    Intend,
    /// Ask Identity Center for it.
    Call,
    /// It was refused because of another operation: nothing is in flight.
    Refused,
    /// Follow it to its end, then list.
    Follow,
    /// Record what the listing showed.
    Confirm {
        /// Whether the listing showed the assignment.
        listed: bool,
    },
    /// Assign: commit active.
    Activate,
    /// Assign, without the safeguard that puts it first: record the hold.
    LateHold,
    /// Assign: it could not be created; commit ending.
    Fail,
    /// Unassign: close the request.
    Close(Closed),
}

/// How many of each fault may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Faults {
    /// Invocations that die at any step, also while a call is under way.
    pub crashes: u8,
    /// Invocations that start once more, for any event that has happened.
    pub duplicates: u8,
    /// Calls to Identity Center whose answer is lost.
    pub lost_answers: u8,
    /// Triggers that are lost.
    pub lost_triggers: u8,
    /// Assignments that a person removes by hand.
    pub removals_by_hand: u8,
    /// Assignments that a person makes by hand, for the same key. Beyond what the design promises (see `README.md`).
    pub assignments_by_hand: u8,
    /// Grants that are given back before they are due. Not a fault, but bounded like one.
    pub returns: u8,
}

/// What happened that must never happen, for transitions that leave no trace in the state itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Witness {
    /// A request was closed while what its closing states was not so.
    pub closed_wrongly: bool,
    /// A standing assignment was deleted.
    pub standing_deleted: bool,
    /// A request went back to an earlier phase.
    pub went_back: bool,
    /// A person removed the assignment by hand.
    pub removed_by_hand: bool,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        crashes: 0,
        duplicates: 0,
        lost_answers: 0,
        lost_triggers: 0,
        removals_by_hand: 0,
        assignments_by_hand: 0,
        returns: 0,
    };
}

impl Grant {
    /// Between the first record and the close: somebody will still look after it.
    pub fn is_open(self) -> bool {
        matches!(self.phase, Phase::Provisioning | Phase::Active | Phase::Ending)
    }
}

impl Service {
    /// What a listing shows: not who made it.
    pub fn lists(self) -> bool {
        self.assignment.is_some()
    }

    /// Calls of ours whose end is not seen.
    pub fn in_flight(self) -> u8 {
        let works = self.operation.is_some_and(|operation| operation.by == Maker::Curfew);
        self.creates_in_the_air + self.deletes_in_the_air + u8::from(works)
    }

    /// Calls that may still arrive.
    pub fn in_the_air(&mut self, kind: Kind) -> &mut u8 {
        match kind {
            Kind::Create => &mut self.creates_in_the_air,
            Kind::Delete => &mut self.deletes_in_the_air,
        }
    }

    /// Whether any call may still arrive.
    pub fn is_settled(self) -> bool {
        self.creates_in_the_air == 0 && self.deletes_in_the_air == 0
    }
}

impl State {
    /// Before anybody asked.
    pub fn initial(faults: Faults, standing: bool) -> Self {
        let grant = Grant { phase: Phase::Absent, due: false, trigger: Trigger::None };
        let assignment = standing.then_some(Maker::Administrator);
        Self {
            grants: [grant; GRANTS],
            record: Record { holds: [false; GRANTS], ours: false, operation: None },
            lease_taken: false,
            service: Service { assignment, operation: None, creates_in_the_air: 0, deletes_in_the_air: 0 },
            running: [None; SLOTS],
            faults,
            witness: Witness::default(),
        }
    }

    /// The invocations that run, with their slots.
    pub fn invocations(&self) -> impl Iterator<Item = (usize, Invocation)> + '_ {
        self.running.iter().enumerate().filter_map(|(slot, running)| running.map(|invocation| (slot, invocation)))
    }

    /// Starts an invocation; `None` if no slot is free.
    pub fn start(&mut self, function: Function, grant: GrantId) -> Option<()> {
        let step = match function {
            Function::Provision => Step::Begin(grant),
            Function::Revoke => Step::Expire(grant),
        };
        let slot = self.running.iter_mut().find(|running| running.is_none())?;
        *slot = Some(Invocation { function, step, lease: Lease::None, fresh: false, noted: [false; GRANTS] });
        Some(())
    }

    /// Moves a request. Every such write names the phase that it expects, so it can only advance.
    pub fn advance(&mut self, grant: GrantId, to: Phase) {
        let request = &mut self.grants[grant];
        self.witness.went_back |= to < request.phase;
        request.phase = to;
    }

    /// Sorts what runs: which slot an invocation has means nothing.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        // None first, which is as good as last.
        self.running.sort_unstable();
        self
    }
}

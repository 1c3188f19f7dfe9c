//! The model for stateright: what can happen in a state, and what comes of it.

use stateright::{Model, Property};

use crate::calm::Known;
use crate::properties::{self, Found};
use crate::safeguards::Safeguards;
use crate::state::{Faults, Function, GrantId, Kind, Lease, Maker, Phase, SLOTS, State, Step, Trigger};
use crate::writer::Worker;

/// What is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What protects it.
    pub safeguards: Safeguards,
    /// What may go wrong.
    pub faults: Faults,
    /// Grants, 1 or 2.
    pub grants: usize,
    /// Invocations at the same time, 1 to 4.
    pub slots: usize,
    /// Whether an administrator assigned the key before.
    pub standing: bool,
}

/// The protocol in a setting.
#[derive(Clone)]
pub struct Protocol {
    setting: Setting,
    pub(crate) known: Known,
    pub(crate) found: Found,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A request is approved, and its execution calls `provision`.
    Request(GrantId),
    /// The time of a grant is over.
    ComeDue(GrantId),
    /// The requester gives the grant back: ending is committed, and `revoke` woken.
    Return(GrantId),
    /// The expiry trigger calls `revoke`.
    Fire(GrantId),
    /// The expiry trigger is lost.
    LoseTrigger(GrantId),
    /// An event comes once more.
    Duplicate(Function, GrantId),
    /// The sweep finds an intent, or an overdue grant, that has waited too long, and wakes a function.
    Sweep(Function, GrantId),
    /// The sweep finds an active grant without assignment, commits ending, and wakes `revoke`. Not one that is due: another
    /// grant's removal may rightly have taken its access, and nobody removed it by hand.
    SweepFindsRemoved(GrantId),
    /// The invocation in this slot takes its next step.
    Step(usize),
    /// The writer in this slot takes up the intent of this grant.
    TakeUp(usize, GrantId),
    /// Policy does not allow any more what the writer in this slot is about to create.
    Deny(usize),
    /// The call of the writer in this slot goes out, and its answer is lost.
    LoseAnswer(usize),
    /// The invocation in this slot dies between two steps.
    Die(usize),
    /// The invocation in this slot dies while its call is under way.
    DieCalling(usize),
    /// A call that nobody waits for arrives at Identity Center.
    Arrive(Kind),
    /// A call never arrives.
    Vanish(Kind),
    /// Identity Center's operation succeeds.
    Succeed,
    /// Identity Center's operation fails.
    Fail,
    /// The writer lease runs out.
    LeaseRunsOut,
    /// A person asks Identity Center to delete the assignment.
    RemoveByHand,
    /// A person asks Identity Center to create the assignment.
    AssignByHand,
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::initial(self.setting.faults, self.setting.standing)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for grant in 0..self.setting.grants {
            use Action::{ComeDue, Duplicate, Fire, LoseTrigger, Request, Return, Sweep, SweepFindsRemoved};
            use Function::{Provision, Revoke};
            actions.extend([Request(grant), ComeDue(grant), Return(grant), Fire(grant), LoseTrigger(grant)]);
            actions.extend([Duplicate(Provision, grant), Duplicate(Revoke, grant)]);
            actions.extend([Sweep(Provision, grant), Sweep(Revoke, grant), SweepFindsRemoved(grant)]);
        }
        for (slot, invocation) in state.invocations() {
            // Equal invocations do equal things.
            if slot > 0 && state.running[slot - 1] == Some(invocation) {
                continue;
            }
            actions.extend([Action::Step(slot), Action::Die(slot)]);
            match invocation.step {
                Step::Next => actions.extend((0..self.setting.grants).map(|grant| Action::TakeUp(slot, grant))),
                Step::Work(..) => {
                    actions.extend([Action::Deny(slot), Action::LoseAnswer(slot), Action::DieCalling(slot)]);
                }
                _ => {}
            }
        }
        for kind in [Kind::Create, Kind::Delete] {
            actions.extend([Action::Arrive(kind), Action::Vanish(kind)]);
        }
        actions.extend([Action::Succeed, Action::Fail, Action::LeaseRunsOut]);
        actions.extend([Action::RemoveByHand, Action::AssignByHand]);
    }

    /// What comes of it; `None` if it cannot happen now.
    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        self.follow(before, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.setting)
    }
}

impl Protocol {
    /// The protocol in this setting.
    pub fn new(setting: Setting) -> Self {
        Self { setting, known: Known::default(), found: Found::default() }
    }

    /// The setting.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    pub(crate) fn follow(&self, before: &State, action: Action) -> Option<State> {
        let mut state = *before;
        self.happen(&mut state, action)?;
        (state != *before).then(|| state.sorted())
    }

    fn happen(&self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Request(grant) => self.request(state, grant),
            Action::ComeDue(grant) => {
                let request = &mut state.grants[grant];
                let runs = request.is_open() && !request.due;
                runs.then(|| request.due = true)
            }
            Action::Return(grant) => {
                spend(&mut state.faults.returns)?;
                let request = state.grants[grant];
                let given = matches!(request.phase, Phase::Provisioning | Phase::Active) && !request.due;
                given.then(|| state.advance(grant, Phase::Ending))?;
                self.start(state, Function::Revoke, grant)
            }
            Action::Fire(grant) => {
                pull_trigger(state, grant, Trigger::Fired)?;
                self.start(state, Function::Revoke, grant)
            }
            Action::LoseTrigger(grant) => {
                spend(&mut state.faults.lost_triggers)?;
                pull_trigger(state, grant, Trigger::Lost)
            }
            Action::Duplicate(function, grant) => {
                spend(&mut state.faults.duplicates)?;
                let request = state.grants[grant];
                let happened = match function {
                    Function::Provision => request.phase > Phase::Absent,
                    Function::Revoke => request.trigger == Trigger::Fired || request.phase == Phase::Ending,
                };
                happened.then(|| self.start(state, function, grant))?
            }
            Action::Sweep(function, grant) => self.sweep(state, function, grant),
            Action::SweepFindsRemoved(grant) => {
                let request = state.grants[grant];
                let removed = request.phase == Phase::Active && !request.due && !state.service.lists();
                (self.setting.safeguards.sweep && removed).then(|| state.advance(grant, Phase::Ending))?;
                self.start(state, Function::Revoke, grant)
            }
            Action::Step(slot) => Worker::new(self.setting.safeguards, state, slot)?.step(),
            Action::TakeUp(slot, grant) => Worker::new(self.setting.safeguards, state, slot)?.take_up(grant),
            Action::Deny(slot) => Worker::new(self.setting.safeguards, state, slot)?.deny(),
            Action::LoseAnswer(slot) => {
                spend(&mut state.faults.lost_answers)?;
                Worker::new(self.setting.safeguards, state, slot)?.call_unanswered()
            }
            Action::Die(slot) => {
                spend(&mut state.faults.crashes)?;
                state.running[slot].take().map(|_| ())
            }
            Action::DieCalling(slot) => {
                spend(&mut state.faults.crashes)?;
                Worker::new(self.setting.safeguards, state, slot)?.die_calling()
            }
            Action::Arrive(kind) => state.service.arrive(kind),
            Action::Vanish(kind) => state.service.vanish(kind),
            Action::Succeed => state.service.succeed(&mut state.witness),
            Action::Fail => state.service.fail(),
            Action::LeaseRunsOut => self.lease_runs_out(state),
            Action::RemoveByHand => {
                spend(&mut state.faults.removals_by_hand)?;
                state.service.lists().then(|| state.witness.removed_by_hand = true)?;
                state.service.accept(Kind::Delete, Maker::Administrator)
            }
            Action::AssignByHand => {
                spend(&mut state.faults.assignments_by_hand)?;
                state.service.accept(Kind::Create, Maker::Administrator)
            }
        }
    }

    /// The grants are alike, so it is enough to let the first one begin first.
    fn request(&self, state: &mut State, grant: GrantId) -> Option<()> {
        let in_turn = (0..grant).all(|earlier| state.grants[earlier].phase > Phase::Absent);
        (in_turn && state.grants[grant].phase == Phase::Absent).then_some(())?;
        state.advance(grant, Phase::Approved);
        self.start(state, Function::Provision, grant)
    }

    /// Things are old when nobody has moved them for a while: nobody runs who would.
    fn sweep(&self, state: &mut State, function: Function, grant: GrantId) -> Option<()> {
        let request = state.grants[grant];
        let old = match function {
            // Also stands for the execution's own retry.
            Function::Provision => matches!(request.phase, Phase::Approved | Phase::Provisioning),
            Function::Revoke => request.phase == Phase::Ending || (request.is_open() && request.due),
        };
        (self.setting.safeguards.sweep && old && state.invocations().next().is_none()).then_some(())?;
        self.start(state, function, grant)
    }

    fn lease_runs_out(&self, state: &mut State) -> Option<()> {
        let holder = state.running.iter_mut().flatten().find(|invocation| invocation.lease == Lease::Held);
        match holder {
            Some(_) if self.setting.safeguards.lease_outlives_holder => return None,
            Some(holder) => holder.lease = Lease::Lapsed,
            None => {}
        }
        state.lease_taken.then(|| state.lease_taken = false)
    }

    fn start(&self, state: &mut State, function: Function, grant: GrantId) -> Option<()> {
        (state.invocations().count() < self.setting.slots.min(SLOTS)).then_some(())?;
        state.start(function, grant)
    }
}

/// Uses up one of a bounded number.
fn spend(left: &mut u8) -> Option<()> {
    *left = left.checked_sub(1)?;
    Some(())
}

/// A trigger that is armed and due does something, once.
fn pull_trigger(state: &mut State, grant: GrantId, to: Trigger) -> Option<()> {
    let request = &mut state.grants[grant];
    (request.due && request.trigger == Trigger::Armed).then(|| request.trigger = to)
}

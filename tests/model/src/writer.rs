//! What an invocation does, step by step. This is the protocol; everything else in this package tries to break it.

use crate::safeguards::Safeguards;
use crate::state::{
    Closed, Function, GRANTS, GrantId, Invocation, Kind, Lease, Maker, Phase, Stage, State, Step, Task, Trigger,
};

/// One invocation at work on a state.
pub(crate) struct Worker<'a> {
    safeguards: Safeguards,
    state: &'a mut State,
    slot: usize,
    me: Invocation,
}

/// What a step came to.
#[derive(Clone, Copy)]
enum Did {
    /// Goes on with this.
    Step(Step),
    /// The invocation is over.
    Done,
    /// Cannot go on yet.
    Wait,
}

impl<'a> Worker<'a> {
    /// The invocation in this slot.
    pub(crate) fn new(safeguards: Safeguards, state: &'a mut State, slot: usize) -> Option<Self> {
        let me = (*state.running.get(slot)?)?;
        Some(Self { safeguards, state, slot, me })
    }

    /// Takes the next step; `None` if it cannot go on yet, or if the step is a choice for the caller of `take_up`.
    pub(crate) fn step(mut self) -> Option<()> {
        let did = match self.me.step {
            Step::Begin(grant) => self.begin(grant),
            Step::Arm(grant) => self.arm(grant),
            Step::Expire(grant) => self.expire(grant),
            Step::Take => self.take(),
            Step::Read => self.read(),
            Step::Next if self.choices().next().is_none() => Did::Step(Step::Read),
            Step::Next => Did::Wait,
            Step::Work(task, stage) => match task.wish {
                Kind::Create => self.assign(task, stage),
                Kind::Delete => self.unassign(task, stage),
            },
            Step::Release => self.release(),
            Step::Look => self.look(),
        };
        self.finish(did)
    }

    /// The writer takes up one of the intents that wait. Removals come first.
    pub(crate) fn take_up(mut self, grant: GrantId) -> Option<()> {
        (self.me.step == Step::Next).then_some(())?;
        let task = self.choices().find(|task| task.grant == grant)?;
        self.me.noted[grant] &= task.wish != Kind::Create;
        self.finish(Did::Step(Step::Work(task, Stage::Load)))
    }

    /// Policy, judged on fresh facts, does not allow it any more.
    pub(crate) fn deny(self) -> Option<()> {
        let Step::Work(task @ Task { wish: Kind::Create, .. }, Stage::Ready) = self.me.step else { return None };
        self.finish(Did::Step(Step::Work(task, Stage::Fail)))
    }

    /// The call goes out, and its answer never comes: what became of it must be found out.
    pub(crate) fn call_unanswered(self) -> Option<()> {
        let Step::Work(task, Stage::Call) = self.me.step else { return None };
        *self.state.service.in_the_air(task.wish) += 1;
        self.finish(Did::Step(Step::Work(task, Stage::Resolve)))
    }

    /// The invocation dies while its call is under way.
    pub(crate) fn die_calling(self) -> Option<()> {
        let Step::Work(task, Stage::Call) = self.me.step else { return None };
        *self.state.service.in_the_air(task.wish) += 1;
        self.finish(Did::Done)
    }

    fn finish(mut self, did: Did) -> Option<()> {
        self.state.running[self.slot] = match did {
            Did::Wait => return None,
            Did::Done => None,
            Did::Step(step) => {
                self.me.step = step;
                // Between two intents it knows nothing of the record.
                self.me.fresh &= matches!(step, Step::Work(..));
                if !matches!(step, Step::Next | Step::Work(..)) {
                    self.me.noted = [false; GRANTS];
                }
                Some(self.me)
            }
        };
        Some(())
    }

    fn begin(&mut self, grant: GrantId) -> Did {
        if self.state.grants[grant].phase == Phase::Approved {
            self.state.advance(grant, Phase::Provisioning);
        }
        if self.state.grants[grant].phase == Phase::Provisioning { Did::Step(Step::Arm(grant)) } else { Did::Done }
    }

    fn arm(&mut self, grant: GrantId) -> Did {
        let request = &mut self.state.grants[grant];
        if request.trigger == Trigger::None {
            request.trigger = Trigger::Armed;
        }
        Did::Step(Step::Take)
    }

    fn expire(&mut self, grant: GrantId) -> Did {
        let request = self.state.grants[grant];
        if request.due && matches!(request.phase, Phase::Provisioning | Phase::Active) {
            self.state.advance(grant, Phase::Ending);
        }
        if self.state.grants[grant].phase == Phase::Ending { Did::Step(Step::Take) } else { Did::Done }
    }

    fn take(&mut self) -> Did {
        if self.safeguards.lease {
            if self.state.lease_taken {
                return Did::Done;
            }
            self.state.lease_taken = true;
            self.me.lease = Lease::Held;
        }
        Did::Step(Step::Read)
    }

    fn release(&mut self) -> Did {
        // Names its holder: a lease that ran out and went to somebody else is not given back.
        if self.me.lease == Lease::Held {
            self.state.lease_taken = false;
        }
        self.me.lease = Lease::None;
        Did::Step(Step::Look)
    }

    /// An intent that came while this was the holder found the lease taken, and its invocation went away.
    fn look(&mut self) -> Did {
        let left = self.intents(Kind::Create).next();
        if self.safeguards.look_after_release && self.has_work() {
            return Did::Step(Step::Take);
        }
        if let (true, Function::Revoke, Some(task)) = (self.safeguards.hand_over, self.me.function, left) {
            // It goes, and `provision` comes.
            self.me.function = Function::Provision;
            return Did::Step(Step::Begin(task.grant));
        }
        Did::Done
    }

    fn intents(&self, wish: Kind) -> impl Iterator<Item = Task> + '_ {
        (0..GRANTS).filter(move |&grant| self.waits(grant, wish)).map(move |grant| Task { grant, wish })
    }

    /// Whether there is an intent that this function may carry out.
    fn has_work(&self) -> bool {
        let creates = self.me.function == Function::Provision && self.intents(Kind::Create).next().is_some();
        creates || self.intents(Kind::Delete).next().is_some()
    }

    /// Works off what it reads, and then reads again.
    fn read(&mut self) -> Did {
        if !self.has_work() {
            return Did::Step(Step::Release);
        }
        let mut noted = [false; GRANTS];
        if self.me.function == Function::Provision {
            self.intents(Kind::Create).for_each(|task| noted[task.grant] = true);
        }
        self.me.noted = noted;
        Did::Step(Step::Next)
    }

    /// What the writer may take up next: removals first, those that wait now; else an intent to assign that it noted.
    fn choices(&self) -> impl Iterator<Item = Task> + '_ {
        let urgent = self.intents(Kind::Delete).next().is_some();
        let noted = (0..GRANTS).filter(move |&grant| !urgent && self.me.noted[grant]);
        self.intents(Kind::Delete).chain(noted.map(|grant| Task { grant, wish: Kind::Create }))
    }

    /// The intent is the request's phase, so none can be missing or stale.
    fn waits(&self, grant: GrantId, wish: Kind) -> bool {
        let request = self.state.grants[grant];
        match wish {
            Kind::Delete => request.phase == Phase::Ending,
            Kind::Create => {
                let ready = request.trigger != Trigger::None || !self.safeguards.arm_before_create;
                request.phase == Phase::Provisioning && ready
            }
        }
    }

    fn assign(&mut self, task: Task, stage: Stage) -> Did {
        let Task { grant, .. } = task;
        match stage {
            Stage::Ready if self.safeguards.reload_under_lease => {
                let request = self.state.grants[grant];
                match request.phase {
                    Phase::Provisioning if request.due => self.to(task, Stage::Fail),
                    Phase::Provisioning => self.to(task, Stage::Hold),
                    _ => Did::Step(Step::Next),
                }
            }
            Stage::Ready => self.to(task, Stage::Hold),
            Stage::Hold if self.safeguards.hold_before_create => {
                self.write(task, Stage::List, |state| state.record.holds[grant] = true)
            }
            Stage::List if self.safeguards.list_before_create && self.state.service.lists() => {
                self.to(task, Stage::Activate)
            }
            Stage::Hold => self.to(task, Stage::List),
            Stage::List => self.to(task, Stage::Intend),
            Stage::Confirm { listed } => {
                let next = if listed { Stage::Activate } else { Stage::Fail };
                self.write(task, next, |state| state.settle(Kind::Create, listed))
            }
            Stage::Activate => self.activate(task),
            Stage::Fail => {
                self.transition(grant, Phase::Provisioning, Phase::Ending);
                Did::Step(Step::Next)
            }
            _ => self.change(task, stage),
        }
    }

    fn activate(&mut self, task: Task) -> Did {
        // That it is not due is part of the condition.
        let overdue = self.state.grants[task.grant].due && self.safeguards.conditional_transitions;
        let to = if overdue { Phase::Ending } else { Phase::Active };
        let activated = self.transition(task.grant, Phase::Provisioning, to);
        if self.safeguards.hold_before_create || !activated {
            return Did::Step(Step::Next);
        }
        // The order that the safeguard forbids: active first, and the hold in a step of its own.
        self.to(task, Stage::LateHold)
    }

    fn unassign(&mut self, task: Task, stage: Stage) -> Did {
        let Task { grant, .. } = task;
        let ours = self.state.record.ours || !self.safeguards.ours_check;
        match stage {
            Stage::Ready => {
                let kept = self.safeguards.hold_check && self.is_held_besides(grant);
                let next = if kept { Stage::Close(Closed::Kept) } else { Stage::List };
                self.write(task, next, |state| state.record.holds[grant] = false)
            }
            Stage::List => match self.state.service.lists() {
                true if ours => self.to(task, Stage::Intend),
                true => self.to(task, Stage::Close(Closed::Standing)),
                false if self.state.record.ours => self.to(task, Stage::Forget),
                false => self.to(task, Stage::Close(Closed::Absent)),
            },
            Stage::Forget => self.write(task, Stage::Close(Closed::Absent), |state| state.record.ours = false),
            Stage::Confirm { listed } => {
                let next = if listed { Stage::Ready } else { Stage::Close(Closed::Absent) };
                self.write(task, next, |state| state.settle(Kind::Delete, listed))
            }
            Stage::Close(why) => {
                if self.state.grants[grant].phase == Phase::Ending {
                    self.state.witness_close(grant, why);
                    self.state.advance(grant, Phase::Ended(why));
                }
                Did::Step(Step::Next)
            }
            _ => self.change(task, stage),
        }
    }

    /// What both wishes have in common: taking the key, and asking Identity Center.
    fn change(&mut self, task: Task, stage: Stage) -> Did {
        match stage {
            Stage::Load => {
                self.me.fresh = true;
                let resolve = self.safeguards.resolve_first && self.state.record.operation.is_some();
                self.to(task, if resolve { Stage::Resolve } else { Stage::Ready })
            }
            Stage::Resolve => {
                let settled = self.state.service.is_settled() || !self.safeguards.settle_time;
                if self.state.service.operation.is_some() || !settled {
                    return Did::Wait;
                }
                self.to(task, Stage::Settle { listed: self.state.service.lists() })
            }
            Stage::Settle { listed } => self.write(task, Stage::Ready, |state| {
                if let Some(kind) = state.record.operation {
                    state.settle(kind, listed);
                }
            }),
            Stage::Intend if self.safeguards.record_before_call => {
                self.write(task, Stage::Call, |state| state.record.operation = Some(task.wish))
            }
            Stage::Intend => self.to(task, Stage::Call),
            Stage::Call => self.call(task),
            Stage::Refused => self.write(task, Stage::Ready, |state| state.record.operation = None),
            Stage::Follow if self.state.service.operation.is_some() => Did::Wait,
            Stage::Follow => self.to(task, Stage::Confirm { listed: self.state.service.lists() }),
            Stage::LateHold => {
                self.state.record.holds[task.grant] = true;
                Did::Step(Step::Next)
            }
            _ => Did::Wait,
        }
    }

    /// Identity Center answers: it refuses a second operation on the key.
    fn call(&mut self, task: Task) -> Did {
        if self.state.service.accept(task.wish, Maker::Curfew).is_none() {
            return self.to(task, Stage::Refused);
        }
        if task.wish == Kind::Delete && !self.safeguards.confirm_before_close {
            return self.to(task, Stage::Confirm { listed: false });
        }
        self.to(task, Stage::Follow)
    }

    #[allow(clippy::unused_self, clippy::wrong_self_convention, reason = "reads well where it is used")]
    fn to(&self, task: Task, stage: Stage) -> Did {
        Did::Step(Step::Work(task, stage))
    }

    /// Writes the record of the key, on condition that nobody else did since this read it.
    fn write(&mut self, task: Task, next: Stage, change: impl FnOnce(&mut State)) -> Did {
        if self.safeguards.record_version && !self.me.fresh {
            return Did::Step(Step::Release);
        }
        let before = self.state.record;
        change(self.state);
        if self.state.record != before {
            for (slot, other) in self.state.running.iter_mut().enumerate() {
                if let Some(other) = other.as_mut().filter(|_| slot != self.slot) {
                    other.fresh = false;
                }
            }
        }
        self.to(task, next)
    }

    /// Commits a transition of a request if it is still in the phase that it is expected in.
    fn transition(&mut self, grant: GrantId, from: Phase, to: Phase) -> bool {
        let as_expected = self.state.grants[grant].phase == from;
        if as_expected || !self.safeguards.conditional_transitions {
            self.state.advance(grant, to);
        }
        as_expected
    }

    fn is_held_besides(&self, grant: GrantId) -> bool {
        (0..GRANTS).any(|other| other != grant && self.state.record.holds[other] && !self.state.grants[other].due)
    }
}

impl State {
    /// Records the end of an operation, as the listing shows it. What is there after an intent to create was made by
    /// it, because the listing was empty before.
    fn settle(&mut self, kind: Kind, listed: bool) {
        self.record.operation = None;
        self.record.ours = listed && (self.record.ours || kind == Kind::Create);
    }

    /// Notes a closing that is not true.
    fn witness_close(&mut self, grant: GrantId, why: Closed) {
        let others = (0..GRANTS).any(|other| other != grant && self.grants[other].is_open());
        let left_behind = self.service.assignment == Some(Maker::Curfew);
        self.witness.closed_wrongly |= match why {
            Closed::Absent => left_behind || self.service.in_flight() > 0,
            Closed::Kept => !others,
            Closed::Standing => left_behind,
        };
    }
}

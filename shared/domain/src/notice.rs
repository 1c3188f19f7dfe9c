//! What people are told, by kind; and which kinds a person wants by mail.

use std::collections::BTreeMap;

/// A kind of notice. Its name is the `detail-type` of the event on the bus, and the word for it in configuration and API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// To the requester: the request has been taken in.
    Received,
    /// To an approver: a decision is waited for.
    DecisionNeeded,
    /// To an approver: half of the time for the decision is over.
    Reminded,
    /// To an approver who was asked: no decision is needed any more.
    Settled,
    /// To the requester: approved, denied, withdrawn, or nobody answered in time.
    Decided,
    /// To the requester: the access is there.
    Active,
    /// To the requester: the access ends soon.
    EndsSoon,
    /// To the requester: the access is gone, or never came.
    Ended,
    /// To the requester, the approvers and the administrators: access that is over could not be removed yet.
    NotRemoved,
    /// To the reviewers and the requester: emergency access has ended, and a review of it is due.
    ReviewDue,
    /// To the same, and the approvers: nobody has reviewed it in time.
    ReviewOverdue,
    /// To everybody in charge: somebody takes emergency access.
    Emergency,
    /// To those who give and take access by hand: it is to be given, or to be taken.
    ByHand,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Received,
        Self::DecisionNeeded,
        Self::Reminded,
        Self::Settled,
        Self::Decided,
        Self::Active,
        Self::EndsSoon,
        Self::Ended,
        Self::NotRemoved,
        Self::ReviewDue,
        Self::ReviewOverdue,
        Self::Emergency,
        Self::ByHand,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::DecisionNeeded => "decision_needed",
            Self::Reminded => "reminded",
            Self::Settled => "settled",
            Self::Decided => "decided",
            Self::Active => "active",
            Self::EndsSoon => "ends_soon",
            Self::Ended => "ended",
            Self::NotRemoved => "not_removed",
            Self::ReviewDue => "review_due",
            Self::ReviewOverdue => "review_overdue",
            Self::Emergency => "emergency",
            Self::ByHand => "by_hand",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether people who have chosen nothing get it by mail. Not what the person has just done, and not what others have
    /// done for them.
    pub fn by_default(self) -> bool {
        !matches!(self, Self::Received | Self::Settled)
    }

    /// Whether nobody can switch it off. Emergencies are loud. Who decides, or gives and takes access by hand, and has no
    /// other channel than mail would never learn that somebody waits.
    pub fn is_fixed(self) -> bool {
        matches!(self, Self::DecisionNeeded | Self::NotRemoved | Self::ReviewOverdue | Self::Emergency | Self::ByHand)
    }
}

/// What one person has chosen to get by mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    chosen: BTreeMap<NoticeKind, bool>,
}

impl Preferences {
    /// With another choice.
    ///
    /// # Errors
    /// The kind, if it cannot be switched off.
    pub fn choose(mut self, kind: NoticeKind, wanted: bool) -> Result<Self, NoticeKind> {
        if kind.is_fixed() && !wanted {
            return Err(kind);
        }
        self.chosen.insert(kind, wanted);
        Ok(self)
    }

    /// Whether this kind is wanted by mail.
    pub fn want(&self, kind: NoticeKind) -> bool {
        kind.is_fixed() || self.chosen.get(&kind).copied().unwrap_or(kind.by_default())
    }

    /// What was chosen, where anything was.
    pub fn chosen(&self) -> impl Iterator<Item = (NoticeKind, bool)> {
        self.chosen.iter().map(|(kind, wanted)| (*kind, *wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_choose_and_what_is_loud_stays_loud() {
        let none = Preferences::default();
        assert!(!none.want(NoticeKind::Received) && none.want(NoticeKind::Active));
        let chosen = none.choose(NoticeKind::Active, false).unwrap().choose(NoticeKind::Received, true).unwrap();
        assert!(chosen.want(NoticeKind::Received) && !chosen.want(NoticeKind::Active));
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::parse(kind.name()), Some(kind));
            assert_eq!(chosen.clone().choose(kind, false).is_err(), kind.is_fixed(), "{kind:?}");
            assert!(chosen.clone().choose(kind, true).is_ok(), "{kind:?}");
        }
        // Also where an older release has stored another choice.
        let stored = Preferences { chosen: [(NoticeKind::Emergency, false)].into() };
        assert!(stored.want(NoticeKind::Emergency));
    }
}

//! Identity Center's own moves: calls arrive, operations end.

use crate::state::{Kind, Maker, Operation, Service, Witness};

impl Service {
    /// A call reaches Identity Center; `None` if it is refused, because it already works on an operation on the key.
    pub(crate) fn accept(&mut self, kind: Kind, by: Maker) -> Option<()> {
        self.operation.is_none().then(|| self.operation = Some(Operation { kind, by }))
    }

    /// A call whose answer nobody hears arrives, and is accepted or refused.
    pub(crate) fn arrive(&mut self, kind: Kind) -> Option<()> {
        self.vanish(kind)?;
        let _ = self.accept(kind, Maker::Curfew);
        Some(())
    }

    /// A call never arrives.
    pub(crate) fn vanish(&mut self, kind: Kind) -> Option<()> {
        let calls = self.in_the_air(kind);
        *calls = calls.checked_sub(1)?;
        Some(())
    }

    /// The operation succeeds. Creating what is there changes nothing, nor does deleting what is not.
    pub(crate) fn succeed(&mut self, witness: &mut Witness) -> Option<()> {
        let Operation { kind, by } = self.operation.take()?;
        match kind {
            Kind::Create => self.assignment = self.assignment.or(Some(by)),
            Kind::Delete => {
                let standing = self.assignment == Some(Maker::Administrator);
                witness.standing_deleted |= standing && by == Maker::Curfew;
                self.assignment = None;
            }
        }
        Some(())
    }

    /// The operation fails and changes nothing.
    pub(crate) fn fail(&mut self) -> Option<()> {
        self.operation.take().map(|_| ())
    }
}

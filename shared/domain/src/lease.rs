//! Who may write to Identity Center now: one holder at a time, for the whole organisation (I8).

use crate::time::Timestamp;

/// The right to change assignments for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who: one invocation of one function. Nobody, after it was given back.
    pub holder: Option<Holder>,
    /// Version for conditional writes; 0 means never stored.
    pub version: u64,
}

/// Who has the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Unlike any other's, also unlike that of a repeated invocation: two that run at once must never both be right.
    pub name: String,
    /// Until when; longer than the invocation can live.
    pub until: Timestamp,
}

impl Lease {
    /// Nobody ever had it.
    pub const NEW: Self = Self { holder: None, version: 0 };

    /// Takes the lease, unless somebody has it.
    ///
    /// # Errors
    /// Who has it.
    pub fn taken(&self, name: &str, now: Timestamp, until: Timestamp) -> Result<Self, Holder> {
        match &self.holder {
            Some(holder) if holder.until > now => Err(holder.clone()),
            _ => Ok(Self { holder: Some(Holder { name: name.to_owned(), until }), version: self.version }),
        }
    }

    /// Gives it back.
    #[must_use]
    pub fn given_back(&self) -> Self {
        Self { holder: None, version: self.version }
    }
}

//! One adapter per AWS service, behind the ports of the engine. Nothing here decides anything.

pub mod bus;
mod fault;
pub mod functions;
pub mod identity_store;
pub mod mail;
pub mod memberships;
pub mod organizations;
pub mod scheduler;
pub mod sessions;
pub mod sso_admin;
pub mod state_machine;
pub mod table;

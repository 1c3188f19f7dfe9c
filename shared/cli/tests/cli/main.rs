//! The real binary: what it writes, and how it ends.

mod checking;
mod comparing;
mod publishing;
mod server;
mod set_ups;
mod tools;

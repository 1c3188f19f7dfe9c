//! The story: four requests as they really happen, each with what Identity Center really holds at that moment.

mod scenes;
mod teller;

#[cfg(test)]
mod tests;

pub(crate) use scenes::Story;
pub(crate) use teller::text;

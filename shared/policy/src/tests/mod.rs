//! What the evaluator promises, over whole configurations.

mod checks;
mod decide;
mod means;
mod offers;
mod steps;
mod world;

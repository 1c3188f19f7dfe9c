//! What the evaluator promises, over whole configurations.

mod checks;
mod decide;
mod offers;
mod steps;
mod world;

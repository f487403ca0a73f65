//! Checking in, attacked: crowds, repeats, edges, crashes.

mod burst;
mod crash;
mod edges;
mod identity;
mod model;
mod repeats;
mod undo;

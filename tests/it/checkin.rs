//! Checking in, attacked: crowds, repeats, edges, crashes. Numbers of edge cases are those of the meeting
//! specification, section 5.

mod burst;
mod crash;
mod edges;
mod identity;
mod model;
mod repeats;
mod undo;

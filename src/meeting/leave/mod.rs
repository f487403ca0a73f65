//! Leave (请假): asked for on the phone or entered by the desk, decided by organisers.

pub mod model;

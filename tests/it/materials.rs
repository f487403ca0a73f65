//! Agenda and materials: what organisers upload, who may open it, and what ends a link.

mod access;
mod agenda;
mod attacks;
mod desk;
mod pulling;
mod room;

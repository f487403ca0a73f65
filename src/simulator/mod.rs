//! WeChat's side of the wire, in memory: for trying, testing and rehearsing any back end of an official account.
//!
//! One origin plays `api`, `mp` and `open`. It knows the protocol and nothing of this product:
//! it imports [`crate::wechat`] and [`crate::base`] only.
//!
//! [`api`] serves what back ends call; [`delivery`] pushes what users do; [`control`] lets tests act as users
//! (`/_sim`); [`page`] shows phones in a browser, whose web views go through [`webview`]. [`handsets`] are telephones:
//! providers of short messages and calls stand beside WeChat.

mod act;
mod api;
mod control;
mod delivery;
mod errcode;
mod faults;
mod handsets;
mod ids;
mod inbox;
mod media;
mod menu;
mod message;
mod network;
mod notice_value;
mod oauth;
mod page;
mod people;
mod preference;
mod push;
mod qrcode;
mod quota;
mod reply;
mod scene;
mod server;
mod shorten;
mod state;
mod tag;
mod template;
mod token;
mod user;
mod webview;
mod xml;

pub use handsets::{KEY_ID as PHONE_KEY_ID, KEY_SECRET as PHONE_KEY_SECRET, Provider as PhoneProvider};
pub use server::{Running, Simulator, SimulatorOptions, StartError, run};

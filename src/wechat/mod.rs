//! The WeChat platform's protocol. Knows nothing of this product.
//!
//! Pure parts, without I/O: [`signature`], [`crypt`], [`xml`], [`message`], [`event`], [`reply`] and
//! [`callback`], which joins them into "open a push, seal an answer"; [`jssdk`], [`oauth`],
//! [`menu`] and the table of error codes, [`errcode`].

pub mod callback;
pub mod crypt;
pub mod errcode;
pub mod event;
pub mod jssdk;
pub mod menu;
pub mod message;
pub mod oauth;
pub mod reply;
pub mod signature;
pub mod xml;

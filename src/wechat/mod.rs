//! The WeChat platform's protocol. Knows nothing of this product.
//!
//! Pure parts, without I/O: [`signature`], [`crypt`], [`xml`], [`message`], [`event`], [`reply`] and
//! [`callback`], which joins them into "open a push, seal an answer"; [`jssdk`], [`oauth`],
//! [`menu`] and the table of error codes, [`errcode`].
//! With I/O: [`api`], the client of the platform's servers, and [`rights`], the ledger of who may be written to.

pub mod api;
pub mod callback;
pub mod crypt;
pub mod errcode;
pub mod event;
pub mod jssdk;
pub mod menu;
pub mod message;
pub mod oauth;
pub mod reply;
pub mod rights;
pub mod signature;
pub mod xml;

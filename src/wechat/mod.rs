//! The WeChat platform's protocol. Knows nothing of this product.
//!
//! Pure parts, without I/O: [`signature`], [`crypt`], [`xml`], [`message`], [`event`], [`reply`] and
//! [`callback`], which joins them into "open a push, seal an answer"; [`jssdk`].

pub mod callback;
pub mod crypt;
pub mod event;
pub mod jssdk;
pub mod message;
pub mod reply;
pub mod signature;
pub mod xml;

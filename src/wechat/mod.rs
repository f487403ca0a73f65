//! The WeChat platform's protocol. Knows nothing of this product.

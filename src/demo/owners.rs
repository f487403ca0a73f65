//! Owners of cars that do not exist, for trying 自助移车.

use crate::base::Base;
use crate::movecar::register::import;

/// Numbers of the range that carriers keep for examples.
const OWNERS: &str = "车牌号,手机号,不接电话\n\
浙C12345,13800000001,\n\
浙CD12345,13800000002,\n\
浙C88888,13800000003,是\n\
浙C11111,13800000004,\n\
浙C22222,13800000004,\n\
浙C33333,13800000004,\n\
浙C66666,13800000004,\n";

/// Puts them into the register; a repeat changes nothing.
pub async fn fill(base: &Base) -> Result<(), import::ImportError> {
    import::import(base, OWNERS.as_bytes(), "演示", "演示").await.map(|_| ())
}

//! Words as stored and as the API says them, one list per state machine.

/// Makes an enum whose variants each have a stable word and a Chinese name; as data they are their words.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal, $zh:literal;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// As pages say it.
            pub fn zh(self) -> &'static str {
                match self { $($name::$variant => $zh),* }
            }

            pub fn parse(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

//! Every path that the server answers, read from the source, so that none is forgotten by a test over all.

use super::none;
use super::source::files;

/// One `resource("…")` with its methods.
pub struct Route {
    /// `file:line`.
    pub place: String,
    pub path: String,
    /// In capitals, sorted.
    pub methods: Vec<String>,
}

impl Route {
    /// The path with something in every place of a parameter.
    pub fn example(&self) -> String {
        let parts = self.path.split('{').enumerate();
        parts
            .map(
                |(n, part)| {
                    if n == 0 {
                        part.to_string()
                    } else {
                        format!("x{}", &part[part.find('}').unwrap() + 1..])
                    }
                },
            )
            .collect()
    }
}

/// All paths of the server; the simulator is another program's stand-in.
pub fn routes() -> Vec<Route> {
    let mut found = Vec::new();
    for file in files("src", &[".rs"]).iter().filter(|file| !file.path.starts_with("src/simulator/")) {
        let text = &file.text[..file.tests_begin()];
        for (at, head) in text.match_indices("resource(\"") {
            let rest = &text[at + head.len()..];
            let (path, calls) = rest.split_once("\")").unwrap();
            // Up to the end of `.service(…)`.
            let mut depth = 1;
            let end = calls.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            let calls = &calls[..end.unwrap_or(calls.len())];
            let mut methods: Vec<String> = ["get", "post", "put", "patch", "delete"]
                .into_iter()
                .filter(|name| {
                    calls.contains(&format!(".{name}(")) || calls.contains(&format!("({name}().to("))
                })
                .map(str::to_uppercase)
                .collect();
            methods.sort();
            found.push(Route { place: file.at(at), path: path.to_string(), methods });
        }
    }
    found
}

#[test]
fn a_path_is_registered_once_with_all_its_methods() {
    let mut offences = Vec::new();
    for file in files("src", &[".rs"]).iter().filter(|file| !file.path.starts_with("src/simulator/")) {
        let text = &file.text[..file.tests_begin()];
        let places = text.match_indices(".route(\"").map(|(at, _)| file.at(at));
        offences.extend(
            places.map(|place| format!("{place}: write `resource(path).get(…)`: it answers 405 by itself")),
        );
    }
    let all = routes();
    for (n, route) in all.iter().enumerate() {
        if let Some(first) = all[..n].iter().find(|first| first.path == route.path && first.path != "/") {
            offences.push(format!("{}: {} is registered at {}, too", route.place, route.path, first.place));
        }
    }
    none(offences);
}

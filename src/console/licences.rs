//! Other people's software that is published with ours, and under which licences: `assets/licences.txt`, which a tidy
//! test compares with what is built.

use std::collections::BTreeMap;

const LIST: &str = include_str!("../../assets/licences.txt");

/// Where the software runs.
pub struct Part {
    pub name: &'static str,
    pub count: usize,
    pub groups: Vec<Group>,
}

/// All packages under one licence.
pub struct Group {
    pub licence: &'static str,
    pub packages: Vec<&'static str>,
}

/// What the page shows, the largest groups first.
pub fn parts() -> Vec<Part> {
    [("服务程序", "rust"), ("网页", "npm")].map(|(name, kind)| part(name, kind)).into()
}

fn part(name: &'static str, kind: &str) -> Part {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut count = 0;
    for line in LIST.lines() {
        if let [of, package, licence] = line.split('\t').collect::<Vec<_>>()[..]
            && of == kind
        {
            groups.entry(licence).or_default().push(package);
            count += 1;
        }
    }
    let mut groups: Vec<Group> =
        groups.into_iter().map(|(licence, packages)| Group { licence, packages }).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.packages.len()));
    Part { name, count, groups }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_shown() {
        let shown: usize = parts().iter().map(|part| part.count).sum();
        assert_eq!(shown, LIST.lines().count());
        let [rust, npm] = parts().try_into().unwrap_or_else(|_| panic!("two parts"));
        assert!(rust.groups.iter().any(|group| group.packages.contains(&"actix-web")));
        assert!(npm.groups.iter().any(|group| group.packages.contains(&"weui") && group.licence == "MIT"));
    }
}

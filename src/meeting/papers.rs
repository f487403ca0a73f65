//! Agenda and materials as phone pages and computers show them: everything is worded here, templates only place it.

use super::material::shelf::{Found, Shelf};
use crate::base::clock::Instant;

/// The papers of one meeting for one reader.
#[derive(Default)]
pub struct Papers {
    pub points: Vec<Point>,
    pub whole: Vec<PaperRow>,
    /// `签到后还可查看 2 份材料`
    pub hints: Vec<String>,
    /// Where a computer is paired; `None` on a computer, or where nothing can be taken there.
    pub pull: Option<&'static str>,
}

pub struct Point {
    /// `09:10–09:30`; may be empty.
    pub time: String,
    pub title: String,
    pub speaker: String,
    pub rows: Vec<PaperRow>,
}

pub struct PaperRow {
    pub link: String,
    pub name: String,
    /// `PDF · 1.2 MB · 看到第 5 页`
    pub about: String,
    pub internal: bool,
    /// They read an older version.
    pub renewed: bool,
}

impl Papers {
    /// `root`: the address in front of a material's id.
    pub fn of(shelf: &Shelf, root: &str) -> Papers {
        let rows = |list: &[Found]| list.iter().map(|found| PaperRow::of(found, root)).collect::<Vec<_>>();
        let mut hints = Vec::new();
        if shelf.after_sign_in > 0 {
            hints.push(format!("签到后还可查看 {} 份材料", shelf.after_sign_in));
        }
        if shelf.after_meeting > 0 {
            hints.push(format!("会议结束后还有 {} 份材料开放", shelf.after_meeting));
        }
        Papers {
            points: shelf
                .items
                .iter()
                .map(|(item, found)| Point {
                    time: super::desk::span(item.starts_at, item.ends_at),
                    title: item.title.clone(),
                    speaker: item.speaker.clone(),
                    rows: rows(found),
                })
                .collect(),
            whole: rows(&shelf.whole),
            hints,
            pull: shelf.found().next().map(|_| "/m/pull"),
        }
    }

    pub fn any(&self) -> bool {
        !self.points.is_empty() || !self.whole.is_empty() || !self.hints.is_empty()
    }
}

impl PaperRow {
    fn of(found: &Found, root: &str) -> PaperRow {
        let listed = &found.listed;
        let mut about = format!("{} · {}", listed.version.kind(), super::desk::size(listed.version.bytes));
        if found.last_page > 1 {
            about.push_str(&format!(" · 看到第 {} 页", found.last_page));
        }
        PaperRow {
            link: format!("{root}/{}", listed.material.id),
            name: listed.material.name.clone(),
            about,
            internal: listed.material.internal,
            renewed: found.renewed,
        }
    }
}

/// A meeting on the page of a computer, with what can be opened there.
pub struct Pile {
    pub title: String,
    pub time: String,
    pub rows: Vec<PaperRow>,
}

impl Pile {
    pub fn of(meeting: &super::model::meeting::Model, shelf: &Shelf, root: &str, now: Instant) -> Pile {
        Pile {
            title: meeting.title.clone(),
            time: crate::base::clock::zh_moment(meeting.starts_at, now),
            rows: shelf.found().map(|found| PaperRow::of(found, root)).collect(),
        }
    }
}

//! Personal data in what citizens write: found before others read it, offered for removal. Pure.
//!
//! All hits, not the first; written with full-width digits, spaces, dashes, or Chinese numerals. It errs on the side of
//! finding: a person looks at each hit before the text is public.

mod names;
mod numbers;
mod plates;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use crate::base::privacy::mask_email;
use crate::base::words::words;

words! {
    /// What was found.
    Kind {
        Mobile = "mobile", "手机号";
        Landline = "landline", "固定电话";
        Identity = "identity", "身份证号";
        Card = "card", "银行卡号";
        Plate = "plate", "车牌号";
        Email = "email", "电子邮箱";
        Name = "name", "姓名";
    }
}

/// One piece of personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub kind: Kind,
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
    /// What may stand there instead: `138****8000`.
    pub mask: String,
}

/// All personal data in `text`, in its order; no two overlap.
pub fn find(text: &str) -> Vec<Hit> {
    let signs = Sign::all(text);
    let mut found = Found::default();
    numbers::find(&signs, &mut found);
    emails(&signs, &mut found);
    plates::find(&signs, &mut found);
    names::find(&signs, &mut found);
    let mut hits: Vec<Hit> = found
        .0
        .into_iter()
        .map(|(kind, at, mask)| Hit { kind, range: signs[at.start].from..signs[at.end - 1].to, mask })
        .collect();
    hits.sort_by_key(|hit| hit.range.start);
    hits
}

/// `text` with `hits` masked. Hits may be a choice of those found; what does not fit the text, or overlaps an earlier
/// hit, is left out.
pub fn remove(text: &str, hits: &[Hit]) -> String {
    let mut hits: Vec<&Hit> = hits.iter().collect();
    hits.sort_by_key(|hit| hit.range.start);
    let (mut clean, mut done) = (String::with_capacity(text.len()), 0);
    for hit in hits {
        if hit.range.start >= done && text.get(hit.range.clone()).is_some() {
            clean.push_str(&text[done..hit.range.start]);
            clean.push_str(&hit.mask);
            done = hit.range.end;
        }
    }
    clean.push_str(&text[done..]);
    clean
}

/// One sign of the text: its bytes, and what it is read as (half-width, upper case).
struct Sign {
    from: usize,
    to: usize,
    read: char,
}

impl Sign {
    fn all(text: &str) -> Vec<Sign> {
        text.char_indices()
            .map(|(from, sign)| {
                let mut forms = sign.nfkc();
                let read = match (forms.next(), forms.next()) {
                    (Some(only), None) => only,
                    _ => sign,
                };
                Sign { from, to: from + sign.len_utf8(), read: read.to_ascii_uppercase() }
            })
            .collect()
    }
}

/// Whether what stands before `at`, within `far` signs of the same sentence, contains one of `words`.
fn said_before(signs: &[Sign], at: usize, far: usize, words: &[&str]) -> bool {
    let before: String = signs[at.saturating_sub(far)..at].iter().map(|sign| sign.read).collect();
    let sentence = before.rsplit(['。', '!', '?', '\n']).next().unwrap_or_default();
    words.iter().any(|word| sentence.contains(word))
}

/// Hits by sign, without overlaps: who comes first stays.
#[derive(Default)]
struct Found(Vec<(Kind, Range<usize>, String)>);

impl Found {
    fn free(&self, at: &Range<usize>) -> bool {
        self.0.iter().all(|(_, other, _)| other.end <= at.start || at.end <= other.start)
    }

    fn add(&mut self, kind: Kind, at: Range<usize>, mask: String) {
        if !at.is_empty() && self.free(&at) {
            self.0.push((kind, at, mask));
        }
    }
}

fn emails(signs: &[Sign], found: &mut Found) {
    let local = |sign: char| sign.is_ascii_alphanumeric() || "._%+-".contains(sign);
    let domain = |sign: char| sign.is_ascii_alphanumeric() || ".-".contains(sign);
    for at in (0..signs.len()).filter(|at| signs[*at].read == '@') {
        let from = at - signs[..at].iter().rev().take_while(|sign| local(sign.read)).count();
        let mut to = at + 1 + signs[at + 1..].iter().take_while(|sign| domain(sign.read)).count();
        while to > at + 1 && !signs[to - 1].read.is_ascii_alphanumeric() {
            to -= 1;
        }
        let name: String = signs[at + 1..to].iter().map(|sign| sign.read).collect();
        if from < at && name.contains('.') {
            let whole: String = signs[from..to].iter().map(|sign| sign.read.to_ascii_lowercase()).collect();
            // An address is one thing, also where its name is a phone number.
            found.0.retain(|(_, other, _)| other.end <= from || to <= other.start);
            found.add(Kind::Email, from..to, mask_email(&whole));
        }
    }
}

#[cfg(test)]
mod tests;

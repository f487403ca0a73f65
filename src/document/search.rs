//! Words within documents.

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::model::document_page::{Column, Entity};
use super::poppler::joined;
use super::{Documents, Hash};

/// A page on which the words stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub hash: Hash,
    /// From 1.
    pub page: u32,
    /// The words with a little around them, on one line.
    pub around: String,
}

/// Letters shown before the words, and after them.
const BEFORE: usize = 12;
const AFTER: usize = 40;

impl Documents {
    /// Pages of `hashes` on which `words` stand, as they stand there but for small and capital letters; at most `most`.
    pub async fn find(&self, hashes: &[Hash], words: &str, most: u64) -> Result<Vec<Hit>, DbErr> {
        let words = words.trim().to_lowercase();
        if words.is_empty() || hashes.is_empty() {
            return Ok(Vec::new());
        }
        let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let like = sea_orm::sea_query::LikeExpr::new(format!("%{escaped}%")).escape('\\');
        let rows = Entity::find()
            .filter(Column::Hash.is_in(hashes.iter().map(Hash::as_str)))
            .filter(Expr::expr(Func::lower(Expr::col((Entity, Column::Text)))).like(like))
            .order_by_asc(Column::Hash)
            .order_by_asc(Column::Number)
            .limit(most)
            .all(self.inner.base.db.read())
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let around = around(&row.text, &words);
                Some(Hit { hash: row.hash.parse().ok()?, page: row.number.unsigned_abs(), around })
            })
            .collect())
    }
}

/// The first place of `words` (in small letters) in `text`, with a little around it.
fn around(text: &str, words: &str) -> String {
    let line = joined(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let letters: Vec<char> = line.chars().collect();
    let small: Vec<char> = letters.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
    let words: Vec<char> = words.chars().collect();
    let at = small.windows(words.len().max(1)).position(|part| part == words.as_slice()).unwrap_or(0);
    let from = at.saturating_sub(BEFORE);
    let to = (at + words.len() + AFTER).min(letters.len());
    let part: String = letters[from..to].iter().collect();
    let dots = |cut: bool| if cut { "…" } else { "" };
    format!("{}{part}{}", dots(from > 0), dots(to < letters.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_with_a_little_around_them() {
        assert_eq!(around("一、总体\n要求 推进 AI 应用", "ai"), "一、总体要求推进AI应用");
        let long = format!("{}重点项目{}", "前".repeat(50), "后".repeat(90));
        let shown = around(&long, "重点项目");
        assert!(shown.starts_with("…前") && shown.contains("重点项目") && shown.ends_with('…'), "{shown}");
        assert_eq!(around("", "重点"), "");
    }
}

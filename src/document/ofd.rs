//! OFD (GB/T 33190), which no converter of the system reads. A library of ours draws it, as a child of this very
//! program inside the sandbox: the parser meets a stranger's file with the same limits as LibreOffice does.

mod mend;

use std::ffi::OsString;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use image::DynamicImage;
use ofd_core::model::graphics::PageBlock;
use ofd_core::{LoadedDocument, OfdPackage, OfdReader, RenderOptions};
use serde::{Deserialize, Serialize};

use super::pages::Dpi;
use super::picture;
use super::poppler::{PdfError, collect};
use super::sandbox::{Limits, MEMORY_BYTES, PROGRAM, Sandbox};

/// The hidden command of this program that draws.
pub const COMMAND: &str = "draw-ofd";

const DRAW: Limits = Limits { memory: MEMORY_BYTES, wall: Duration::from_secs(150) };

/// What the child prints when it is done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Drawn {
    pub pages: u32,
    /// The text of each page, in order; empty when one page was asked for.
    pub text: Vec<String>,
}

/// What to draw: a document of at most `most` pages whole, or `only` one of its pages (from 1).
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub dots: u32,
    pub most: u32,
    pub only: Option<u32>,
}

/// Draws `room/in.ofd` into the folder `into` of the room.
pub(super) async fn draw(
    sandbox: &Sandbox,
    room: &Path,
    dpi: Dpi,
    most: u32,
    only: Option<u32>,
    into: &str,
) -> Result<(Drawn, Vec<(u32, Bytes)>), PdfError> {
    let mut command: Vec<OsString> = [PROGRAM, COMMAND, "/job/in.ofd"].map(OsString::from).into();
    command.extend([format!("/job/{into}"), dpi.dots().to_string(), most.to_string()].map(OsString::from));
    command.extend(only.map(|page| OsString::from(page.to_string())));
    let told = match only {
        Some(_) => sandbox.run_now(room, &command, DRAW).await?,
        None => sandbox.run(room, &command, DRAW).await?,
    };
    let drawn: Drawn = serde_json::from_slice(&told).map_err(|error| PdfError::Damaged(error.to_string()))?;
    if drawn.pages > most {
        return Err(PdfError::TooMany(drawn.pages));
    }
    let pictures = collect(&room.join(into)).await?;
    if pictures.is_empty() {
        return Err(PdfError::Damaged("no pages".to_string()));
    }
    Ok((drawn, pictures))
}

/// The child's work: draws `input` into the folder `into`; what it must print. More pages than may be are
/// counted and not drawn.
pub fn child(input: &Path, into: &Path, order: Order) -> anyhow::Result<String> {
    let mut reader = OfdReader::new(OfdPackage::new(mend::mended(input)?)?)?;
    let body = reader.ofd().doc_bodies.first().context("no document inside")?.clone();
    let document = reader.load_document(&body)?;
    let pages = document.pages().len();
    let mut drawn = Drawn { pages: u32::try_from(pages)?, text: Vec::new() };
    std::fs::create_dir_all(into)?;
    if drawn.pages <= order.most {
        for index in 0..pages {
            let number = index + 1;
            if order.only.is_some_and(|only| u32::try_from(number).ok() != Some(only)) {
                continue;
            }
            let options = RenderOptions::with_dpi(f64::from(order.dots));
            let page = reader.render_page_to_image(&document, index, &options)?;
            let side = page.width().max(page.height());
            let (jpeg, _, _) = picture::fitted(&DynamicImage::ImageRgba8(page), side)?;
            std::fs::write(into.join(format!("p-{number}.jpg")), jpeg)?;
            if order.only.is_none() {
                drawn.text.push(text(&mut reader, &document, index));
            }
        }
    }
    Ok(serde_json::to_string(&drawn)?)
}

/// What is written on a page, an object a line; a page that cannot be read has none.
fn text(reader: &mut OfdReader<Cursor<Vec<u8>>>, document: &LoadedDocument, index: usize) -> String {
    let page = document.pages().get(index).cloned().and_then(|page| reader.load_page(document, &page).ok());
    let mut lines = Vec::new();
    for layer in page.iter().filter_map(|page| page.content.as_ref()).flat_map(|content| &content.layers) {
        gather(&layer.objects, &mut lines);
    }
    lines.join("\n")
}

fn gather(objects: &[PageBlock], lines: &mut Vec<String>) {
    for object in objects {
        match object {
            PageBlock::Text(text) => {
                let line: String = text.text_codes.iter().filter_map(|code| code.text.as_deref()).collect();
                if !line.trim().is_empty() {
                    lines.push(line.trim().to_string());
                }
            }
            PageBlock::Block(group) => gather(&group.objects, lines),
            _ => {}
        }
    }
}

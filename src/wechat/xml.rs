//! The platform's XML as a flat list of elements, read with hard limits.
//!
//! CDATA and text are the same thing, order does not matter, attributes and comments are ignored, and there
//! are no entities but the five of XML itself: any document type is refused before parsing.

use quick_xml::Reader;
use quick_xml::events::Event;
use std::borrow::Cow;

/// The largest push that is read, in bytes. Real ones are below 10 KiB, compatible mode included.
pub const MAX_BYTES: usize = 64 * 1024;
/// Real pushes nest five deep and hold fewer than a hundred elements.
const MAX_DEPTH: usize = 12;
const MAX_ELEMENTS: usize = 1000;

/// Why a text is not one of the platform's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("has a document type")]
    Doctype,
    #[error("is not well-formed XML in UTF-8")]
    Malformed,
    #[error("is nested too deeply or has too many elements")]
    TooComplex,
    #[error("does not have <xml> as its only root")]
    Root,
    #[error("lacks a valid <{0}>")]
    Missing(&'static str),
}

/// An element by its place in the document; borrows from the text it was read from.
#[derive(Debug)]
struct Element<'a> {
    parent: usize,
    name: &'a str,
    text: Cow<'a, str>,
}

/// A parsed `<xml>…</xml>`.
#[derive(Debug)]
pub struct Document<'a> {
    source: &'a str,
    elements: Vec<Element<'a>>,
}

/// One element of a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d, 'a> {
    document: &'d Document<'a>,
    index: usize,
}

impl<'a> Document<'a> {
    /// Parses a body as received.
    pub fn from_bytes(body: &'a [u8]) -> Result<Self, XmlError> {
        if body.len() > MAX_BYTES {
            return Err(XmlError::TooLarge);
        }
        Self::parse(std::str::from_utf8(body).map_err(|_| XmlError::Malformed)?)
    }

    /// Parses a text. Fails beyond the limits of this module.
    pub fn parse(source: &'a str) -> Result<Self, XmlError> {
        if source.len() > MAX_BYTES {
            return Err(XmlError::TooLarge);
        }
        let source = source.trim_start_matches('\u{feff}');
        let mut reader = Reader::from_str(source);
        let mut elements: Vec<Element<'a>> = Vec::with_capacity(16);
        let mut open: Vec<usize> = Vec::with_capacity(MAX_DEPTH);
        loop {
            let start = reader.buffer_position() as usize;
            match reader.read_event().map_err(|_| XmlError::Malformed)? {
                Event::Start(tag) => {
                    let index = add(source, start, tag.name().as_ref().len(), &mut elements, &open)?;
                    if open.len() == MAX_DEPTH {
                        return Err(XmlError::TooComplex);
                    }
                    open.push(index);
                }
                Event::Empty(tag) => {
                    add(source, start, tag.name().as_ref().len(), &mut elements, &open)?;
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) => append(text.into_inner(), &mut elements, &open)?,
                Event::CData(text) => append(text.into_inner(), &mut elements, &open)?,
                Event::GeneralRef(entity) => append(resolve(&entity)?, &mut elements, &open)?,
                Event::DocType(_) => return Err(XmlError::Doctype),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        match elements.first() {
            _ if !open.is_empty() => Err(XmlError::Malformed),
            Some(root) if root.name == "xml" => Ok(Self { source, elements }),
            _ => Err(XmlError::Root),
        }
    }

    /// The text it was read from.
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// The `<xml>` element.
    pub fn root(&self) -> Node<'_, 'a> {
        Node { document: self, index: 0 }
    }

    /// The text of a child of the root, trimmed; `None` when it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.root().get(name)
    }

    /// Like [`get`](Self::get), for what the platform always sends.
    pub fn require(&self, name: &'static str) -> Result<&str, XmlError> {
        self.get(name).ok_or(XmlError::Missing(name))
    }
}

impl<'d, 'a> Node<'d, 'a> {
    /// The element's own text, untrimmed.
    pub fn text(&self) -> &'d str {
        &self.document.elements[self.index].text
    }

    /// The element's name.
    pub fn name(&self) -> &'a str {
        self.document.elements[self.index].name
    }

    /// The children of that name, in order.
    pub fn children<'n>(&self, name: &'n str) -> impl Iterator<Item = Node<'d, 'a>> + use<'d, 'a, 'n> {
        self.all().filter(move |node| node.name() == name)
    }

    /// All children, in order.
    pub fn all(&self) -> impl Iterator<Item = Node<'d, 'a>> + use<'d, 'a> {
        let (document, parent) = (self.document, self.index);
        let later = document.elements.iter().enumerate().skip(parent + 1);
        later.filter(move |(_, e)| e.parent == parent).map(move |(index, _)| Node { document, index })
    }

    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<Node<'d, 'a>> {
        self.children(name).next()
    }

    /// The text of the first child of that name, trimmed; `None` when it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&'d str> {
        self.child(name).map(|node| node.text().trim()).filter(|text| !text.is_empty())
    }
}

/// Notes a new element. Its name is read from the source so that it can be borrowed from there.
fn add<'a>(
    source: &'a str,
    start: usize,
    name_length: usize,
    elements: &mut Vec<Element<'a>>,
    open: &[usize],
) -> Result<usize, XmlError> {
    let parent = match open.last() {
        Some(&parent) => parent,
        None if elements.is_empty() => usize::MAX,
        None => return Err(XmlError::Root),
    };
    if elements.len() == MAX_ELEMENTS {
        return Err(XmlError::TooComplex);
    }
    let name = source.get(start + 1..start + 1 + name_length).ok_or(XmlError::Malformed)?;
    elements.push(Element { parent, name, text: Cow::Borrowed("") });
    Ok(elements.len() - 1)
}

/// Adds text to the innermost open element; outside the root only white space may stand.
fn append<'a>(text: Cow<'a, str>, elements: &mut [Element<'a>], open: &[usize]) -> Result<(), XmlError> {
    match open.last().and_then(|&index| elements.get_mut(index)) {
        Some(element) if element.text.is_empty() => element.text = text,
        Some(element) => element.text.to_mut().push_str(&text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Root),
    }
    Ok(())
}

/// Character references and the five entities of XML; there are no others without a document type.
fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> Result<Cow<'static, str>, XmlError> {
    if let Some(c) = entity.resolve_char_ref().map_err(|_| XmlError::Malformed)? {
        return Ok(Cow::Owned(c.to_string()));
    }
    Ok(Cow::Borrowed(match &*entity.xml10_content() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(XmlError::Malformed),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> XmlError {
        Document::parse(source).expect_err("refused")
    }

    #[test]
    fn cdata_text_and_references_are_one_text() {
        let source = "<xml><A>1 &lt; 2 &amp; <![CDATA[<b>]]]]><![CDATA[>]]> &#31614;&#x5230;</A><B/></xml>";
        let document = Document::parse(source).expect("parses");
        assert_eq!(document.get("A"), Some("1 < 2 & <b>]]> 签到"));
        assert_eq!(document.get("B"), None);
        assert_eq!(document.get("C"), None);
    }

    #[test]
    fn white_space_order_comments_and_declarations_do_not_matter() {
        let source =
            "\u{feff}<?xml version=\"1.0\"?>\n<xml>\n <B x='1'>2</B><!-- c -->\n<A>\n1\n</A></xml>\n";
        let document = Document::parse(source).expect("parses");
        assert_eq!((document.get("A"), document.get("B")), (Some("1"), Some("2")));
    }

    #[test]
    fn names_are_found_only_where_they_stand() {
        let source = "<xml><P><List><Id>1</Id></List><List><Id>2</Id></List></P><Id>3</Id></xml>";
        let document = Document::parse(source).expect("parses");
        assert_eq!(document.get("Id"), Some("3"));
        let lists = document.root().child("P").expect("P");
        let ids: Vec<_> = lists.children("List").filter_map(|list| list.get("Id")).collect();
        assert_eq!(ids, ["1", "2"]);
    }

    #[test]
    fn document_types_and_entities_are_refused() {
        assert_eq!(error("<!DOCTYPE xml [<!ENTITY a 'b'>]><xml>&a;</xml>"), XmlError::Doctype);
        assert_eq!(error("<!doctype xml><xml/>"), XmlError::Doctype);
        assert_eq!(error("<xml>&a;</xml>"), XmlError::Malformed);
        assert_eq!(error("<xml>&#0;</xml>"), XmlError::Malformed);
    }

    #[test]
    fn the_root_is_one_xml_element_and_nothing_else() {
        for source in ["", "  ", "hello", "<html></html>", "<xml/><xml/>", "<xml/>rest", "rest<xml/>"] {
            assert_eq!(error(source), XmlError::Root, "{source}");
        }
        assert_eq!(error("{\"ToUserName\":1}"), XmlError::Root);
    }

    #[test]
    fn broken_markup_is_refused() {
        for source in ["<xml>", "<xml><A></xml>", "<xml></A></xml>", "<xml><![CDATA[a</xml>", "</xml>"] {
            assert_eq!(error(source), XmlError::Malformed, "{source}");
        }
        assert_eq!(Document::from_bytes(b"<xml>\xff</xml>").err(), Some(XmlError::Malformed));
    }

    #[test]
    fn depth_count_and_size_are_bounded() {
        let deep = format!("<xml>{}{}</xml>", "<a>".repeat(5000), "</a>".repeat(5000));
        assert_eq!(error(&deep), XmlError::TooComplex);
        assert_eq!(error(&format!("<xml>{}</xml>", "<a/>".repeat(2000))), XmlError::TooComplex);
        let large = format!("<xml>{}</xml>", "a".repeat(MAX_BYTES));
        assert_eq!(error(&large), XmlError::TooLarge);
        assert_eq!(Document::from_bytes(large.as_bytes()).err(), Some(XmlError::TooLarge));
    }
}

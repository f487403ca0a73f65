//! Writes pushes the way the platform does: texts in CDATA, numbers bare.

/// One element's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Text(String),
    Number(i64),
    Children(Vec<(String, Node)>),
}

/// Named nodes in the order in which they are written.
pub type Nodes = Vec<(String, Node)>;

/// A node with text.
pub fn text(name: &str, value: impl Into<String>) -> (String, Node) {
    (name.to_string(), Node::Text(value.into()))
}

/// A node with a number.
pub fn number(name: &str, value: i64) -> (String, Node) {
    (name.to_string(), Node::Number(value))
}

/// A node with nodes inside.
pub fn children(name: &str, nodes: Nodes) -> (String, Node) {
    (name.to_string(), Node::Children(nodes))
}

/// `<xml>…</xml>`.
pub fn document(nodes: &Nodes) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("<xml>");
    write(nodes, &mut out);
    out.push_str("</xml>");
    out
}

/// Appends the nodes to a document that is being written.
pub fn write(nodes: &Nodes, out: &mut String) {
    for (name, node) in nodes {
        out.push_str(&format!("<{name}>"));
        match node {
            Node::Text(text) => cdata(text, out),
            Node::Number(number) => out.push_str(&number.to_string()),
            Node::Children(inner) => write(inner, out),
        }
        out.push_str(&format!("</{name}>"));
    }
}

/// A section cannot hold its own end, so `]]>` is spread over two; control characters that XML forbids go.
fn cdata(text: &str, out: &mut String) {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    let clean: String = text.chars().filter(allowed).collect();
    out.push_str("<![CDATA[");
    out.push_str(&clean.replace("]]>", "]]]]><![CDATA[>"));
    out.push_str("]]>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::xml::Document;

    #[test]
    fn what_users_type_cannot_break_out_of_its_node() {
        let typed = "]]></Content><MsgType>event</MsgType> \u{1}😀";
        let xml = document(&vec![text("Content", typed), number("MsgId", 7)]);
        let read = Document::parse(&xml).unwrap();
        assert_eq!(read.get("Content"), Some("]]></Content><MsgType>event</MsgType> 😀"));
        assert_eq!((read.get("MsgId"), read.get("MsgType")), (Some("7"), None));
    }
}

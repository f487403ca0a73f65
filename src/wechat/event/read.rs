//! Reading events from their nodes.

use super::{
    Certification, CopyrightResult, Event, MassSent, PhotoSource, SendStatus, Subject, SubscribeChoice,
    SubscribeSent,
};
use crate::wechat::xml::{Document, Node, XmlError};

impl Event {
    pub(in crate::wechat) fn read(document: &Document<'_>) -> Result<Self, XmlError> {
        let name = document.require("Event")?;
        Ok(known(name, document.root()).unwrap_or_else(|| Event::Unknown {
            name: name.to_owned(),
            key: text(document.root(), "EventKey")
                .or_else(|| message_id(document.root()))
                .unwrap_or_default(),
            xml: document.source().to_owned(),
        }))
    }
}

impl Certification {
    fn read(name: &str) -> Option<Self> {
        let all = [
            Self::QualificationPassed,
            Self::QualificationFailed,
            Self::NamingPassed,
            Self::NamingFailed,
            Self::RenewalDue,
            Self::Expired,
        ];
        all.into_iter().find(|step| step.name() == name)
    }
}

/// `None` when the name is unknown or a node that the event cannot do without is missing.
fn known(name: &str, root: Node<'_, '_>) -> Option<Event> {
    let key = || text(root, "EventKey");
    let ticket = || text(root, "Ticket");
    Some(match name {
        "subscribe" => Event::Subscribe {
            scene: root.get("EventKey").and_then(|key| key.strip_prefix("qrscene_")).map(str::to_owned),
            ticket: ticket(),
        },
        "unsubscribe" => Event::Unsubscribe,
        "SCAN" => Event::Scan { scene: key()?, ticket: ticket() },
        "LOCATION" => Event::Location {
            latitude: number(root, "Latitude")?,
            longitude: number(root, "Longitude")?,
            precision: number(root, "Precision").unwrap_or(0.0),
        },
        "CLICK" => Event::Click { key: key()? },
        "VIEW" => Event::View { url: key().unwrap_or_default(), menu_id: text(root, "MenuId") },
        "view_miniprogram" => {
            Event::ViewMiniProgram { path: key().unwrap_or_default(), menu_id: text(root, "MenuId") }
        }
        "scancode_push" | "scancode_waitmsg" => scan_code(name, root)?,
        "pic_sysphoto" => photos(PhotoSource::Camera, root)?,
        "pic_photo_or_album" => photos(PhotoSource::CameraOrAlbum, root)?,
        "pic_weixin" => photos(PhotoSource::Album, root)?,
        "location_select" => location_select(root)?,
        "TEMPLATESENDJOBFINISH" | "templatesendjobfinish" => Event::TemplateSent {
            message_id: message_id(root)?,
            status: SendStatus::read(root.get("Status").unwrap_or_default()),
        },
        "MASSSENDJOBFINISH" => Event::MassSent(mass_sent(root)?),
        "subscribe_msg_popup_event" => {
            Event::SubscribeChoices(choices(root.child("SubscribeMsgPopupEvent")?)?)
        }
        "subscribe_msg_change_event" => {
            Event::SubscribeChanges(choices(root.child("SubscribeMsgChangeEvent")?)?)
        }
        "subscribe_msg_sent_event" => Event::SubscribeSent(
            root.child("SubscribeMsgSentEvent")?
                .children("List")
                .map(subscribe_sent)
                .collect::<Option<_>>()?,
        ),
        "user_info_modified" => Event::UserInfoModified(subject(root)?),
        "user_authorization_revoke" => Event::AuthorizationRevoked {
            subject: subject(root)?,
            scope: text(root, "RevokeInfo").unwrap_or_default(),
        },
        "user_authorization_cancellation" => Event::AuthorizationCancelled(subject(root)?),
        _ => Event::Certification {
            step: Certification::read(name)?,
            expires_at: number(root, "ExpiredTime"),
            failed_at: number(root, "FailTime"),
            reason: text(root, "FailReason"),
        },
    })
}

fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.get(name).map(str::to_owned)
}

/// Events write `MsgID`, but not every one of them always has.
fn message_id(node: Node<'_, '_>) -> Option<String> {
    text(node, "MsgID").or_else(|| text(node, "MsgId"))
}

fn number<T: std::str::FromStr>(node: Node<'_, '_>, name: &str) -> Option<T> {
    node.get(name)?.parse().ok()
}

fn scan_code(name: &str, root: Node<'_, '_>) -> Option<Event> {
    let info = root.child("ScanCodeInfo")?;
    Some(Event::ScanCode {
        key: text(root, "EventKey").unwrap_or_default(),
        waits: name == "scancode_waitmsg",
        scan_type: text(info, "ScanType").unwrap_or_default(),
        result: text(info, "ScanResult").unwrap_or_default(),
    })
}

fn photos(source: PhotoSource, root: Node<'_, '_>) -> Option<Event> {
    let info = root.child("SendPicsInfo")?;
    let items = info.child("PicList");
    Some(Event::Photos {
        key: text(root, "EventKey").unwrap_or_default(),
        source,
        count: number(info, "Count").unwrap_or(0),
        md5_sums: items
            .iter()
            .flat_map(|list| list.children("item"))
            .filter_map(|item| text(item, "PicMd5Sum"))
            .collect(),
    })
}

fn location_select(root: Node<'_, '_>) -> Option<Event> {
    let info = root.child("SendLocationInfo")?;
    Some(Event::LocationSelect {
        key: text(root, "EventKey").unwrap_or_default(),
        latitude: number(info, "Location_X")?,
        longitude: number(info, "Location_Y")?,
        scale: number(info, "Scale").unwrap_or(0),
        label: text(info, "Label").unwrap_or_default(),
        poi_name: text(info, "Poiname").unwrap_or_default(),
    })
}

impl SendStatus {
    /// The platform writes the failures with and without a space after the colon.
    fn read(status: &str) -> Self {
        match status.split_once(':').map(|(head, tail)| (head.trim(), tail.trim())) {
            None if status == "success" => Self::Success,
            Some(("failed", "user block")) => Self::UserBlocked,
            Some(("failed", "system failed")) => Self::SystemFailed,
            _ => Self::Other(status.to_owned()),
        }
    }
}

fn mass_sent(root: Node<'_, '_>) -> Option<MassSent> {
    let check = root.child("CopyrightCheckResult");
    let items = check.and_then(|check| check.child("ResultList"));
    let field = |item: Node<'_, '_>, name| text(item, name).unwrap_or_default();
    Some(MassSent {
        message_id: message_id(root)?,
        status: text(root, "Status").unwrap_or_default(),
        total: number(root, "TotalCount").unwrap_or(0),
        filtered: number(root, "FilterCount").unwrap_or(0),
        sent: number(root, "SentCount").unwrap_or(0),
        failed: number(root, "ErrorCount").unwrap_or(0),
        copyright: items
            .iter()
            .flat_map(|list| list.children("item"))
            .map(|item| CopyrightResult {
                article_index: field(item, "ArticleIdx"),
                user_declare_state: field(item, "UserDeclareState"),
                audit_state: field(item, "AuditState"),
                original_url: field(item, "OriginalArticleUrl"),
                can_reprint: item.get("CanReprint") == Some("1"),
            })
            .collect(),
        copyright_state: check.and_then(|check| text(check, "CheckState")),
    })
}

fn choices(node: Node<'_, '_>) -> Option<Vec<SubscribeChoice>> {
    node.children("List")
        .map(|item| {
            Some(SubscribeChoice {
                template_id: text(item, "TemplateId")?,
                accepted: item.get("SubscribeStatusString") == Some("accept"),
                scene: text(item, "PopupScene"),
            })
        })
        .collect()
}

fn subscribe_sent(item: Node<'_, '_>) -> Option<SubscribeSent> {
    Some(SubscribeSent {
        template_id: text(item, "TemplateId")?,
        message_id: message_id(item).unwrap_or_default(),
        error_code: number(item, "ErrorCode").unwrap_or(0),
        error_status: text(item, "ErrorStatus").unwrap_or_default(),
    })
}

/// The platform writes these names in more than one case.
fn subject(root: Node<'_, '_>) -> Option<Subject> {
    let either = |a, b| text(root, a).or_else(|| text(root, b));
    Some(Subject {
        open_id: either("OpenID", "openid")?,
        union_id: either("UnionID", "unionid"),
        app_id: either("AppID", "appid"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, nodes: &str) -> Event {
        let body = format!("<xml><Event><![CDATA[{name}]]></Event>{nodes}</xml>");
        let document = Document::parse(&body).expect("parses");
        Event::read(&document).expect("an event")
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn following_with_and_without_a_scene() {
        assert_eq!(event("subscribe", ""), Event::Subscribe { scene: None, ticket: None });
        assert_eq!(
            event("subscribe", "<EventKey></EventKey>"),
            Event::Subscribe { scene: None, ticket: None }
        );
        assert_eq!(
            event("subscribe", "<EventKey>qrscene_m_ab12</EventKey><Ticket>T</Ticket>"),
            Event::Subscribe { scene: some("m_ab12"), ticket: some("T") }
        );
        assert_eq!(event("subscribe", "<EventKey>last_trade_no_1</EventKey>").name(), "subscribe");
        assert_eq!(event("unsubscribe", "<EventKey></EventKey>"), Event::Unsubscribe);
    }

    #[test]
    fn a_follower_scans() {
        assert_eq!(
            event("SCAN", "<EventKey>mtg_42</EventKey><Ticket>T</Ticket>"),
            Event::Scan { scene: "mtg_42".into(), ticket: some("T") }
        );
    }

    #[test]
    fn the_location_report() {
        let nodes = "<Latitude>23.137466</Latitude><Longitude>113.352425</Longitude><Precision>119.385040</Precision>";
        assert_eq!(
            event("LOCATION", nodes),
            Event::Location { latitude: 23.137466, longitude: 113.352425, precision: 119.385040 }
        );
    }

    #[test]
    fn menu_clicks_and_views() {
        assert_eq!(event("CLICK", "<EventKey>help</EventKey>"), Event::Click { key: "help".into() });
        assert_eq!(
            event("VIEW", "<EventKey>https://a.cn/m</EventKey><MenuId>7</MenuId>"),
            Event::View { url: "https://a.cn/m".into(), menu_id: some("7") }
        );
        assert_eq!(
            event("view_miniprogram", "<EventKey>pages/index</EventKey><MenuId>7</MenuId>"),
            Event::ViewMiniProgram { path: "pages/index".into(), menu_id: some("7") }
        );
    }

    #[test]
    fn the_menus_scanner_with_and_without_waiting() {
        let nodes = "<EventKey>scan</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType>\
                     <ScanResult><![CDATA[https://a.cn/?a=1&b=2]]></ScanResult></ScanCodeInfo>";
        for (name, waits) in [("scancode_push", false), ("scancode_waitmsg", true)] {
            let expected = Event::ScanCode {
                key: "scan".into(),
                waits,
                scan_type: "qrcode".into(),
                result: "https://a.cn/?a=1&b=2".into(),
            };
            assert_eq!(event(name, nodes), expected);
            assert_eq!(expected.name(), name);
        }
    }

    #[test]
    fn the_menus_camera_and_album() {
        let nodes = "<EventKey>k</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item>\
                     <item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>";
        let sources = [
            ("pic_sysphoto", PhotoSource::Camera),
            ("pic_photo_or_album", PhotoSource::CameraOrAlbum),
            ("pic_weixin", PhotoSource::Album),
        ];
        for (name, source) in sources {
            let md5_sums = vec!["a".into(), "b".into()];
            let expected = Event::Photos { key: "k".into(), source, count: 2, md5_sums };
            assert_eq!(event(name, nodes), expected);
            assert_eq!(expected.name(), name);
        }
    }

    #[test]
    fn the_menus_place_picker() {
        let nodes = "<EventKey>k</EventKey><SendLocationInfo><Location_X><![CDATA[23]]></Location_X>\
                     <Location_Y><![CDATA[113]]></Location_Y><Scale><![CDATA[15]]></Scale>\
                     <Label><![CDATA[ 某路1号 ]]></Label><Poiname><![CDATA[]]></Poiname></SendLocationInfo>";
        let expected = Event::LocationSelect {
            key: "k".into(),
            latitude: 23.0,
            longitude: 113.0,
            scale: 15,
            label: "某路1号".into(),
            poi_name: String::new(),
        };
        assert_eq!(event("location_select", nodes), expected);
    }

    #[test]
    fn results_of_template_messages_in_either_case() {
        let sent = |status: &str| {
            event("TEMPLATESENDJOBFINISH", &format!("<MsgID>200163836</MsgID><Status>{status}</Status>"))
        };
        let expected = |status| Event::TemplateSent { message_id: "200163836".into(), status };
        assert_eq!(sent("success"), expected(SendStatus::Success));
        assert_eq!(sent("failed:user block"), expected(SendStatus::UserBlocked));
        assert_eq!(sent("failed: system failed"), expected(SendStatus::SystemFailed));
        assert_eq!(sent("failed:system failed"), expected(SendStatus::SystemFailed));
        assert_eq!(sent("odd"), expected(SendStatus::Other("odd".into())));
        let lower = event("templatesendjobfinish", "<MsgID>200163836</MsgID><Status>success</Status>");
        assert_eq!(lower, expected(SendStatus::Success));
    }

    #[test]
    fn the_result_of_a_broadcast() {
        let nodes = "<MsgID>1000001625</MsgID><Status>err(30003)</Status><TotalCount>4</TotalCount>\
            <FilterCount>3</FilterCount><SentCount>2</SentCount><ErrorCount>1</ErrorCount><CopyrightCheckResult>\
            <Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx><UserDeclareState>0</UserDeclareState>\
            <AuditState>2</AuditState><OriginalArticleUrl>http://o</OriginalArticleUrl>\
            <OriginalArticleType>1</OriginalArticleType><CanReprint>1</CanReprint></item></ResultList>\
            <CheckState>2</CheckState></CopyrightCheckResult>";
        let Event::MassSent(result) = event("MASSSENDJOBFINISH", nodes) else { panic!("not read") };
        assert_eq!((result.total, result.filtered, result.sent, result.failed), (4, 3, 2, 1));
        assert_eq!(result.status, "err(30003)");
        assert_eq!(result.copyright_state, some("2"));
        assert_eq!(result.copyright[0].original_url, "http://o");
        assert!(result.copyright[0].can_reprint);
    }

    #[test]
    fn several_subscription_choices_come_in_one_push() {
        let list = |template: &str, status: &str| {
            format!(
                "<List><TemplateId>{template}</TemplateId>\
                 <SubscribeStatusString>{status}</SubscribeStatusString><PopupScene>1</PopupScene></List>"
            )
        };
        let nodes = format!(
            "<SubscribeMsgPopupEvent>{}{}</SubscribeMsgPopupEvent>",
            list("t1", "accept"),
            list("t2", "reject")
        );
        let choice =
            |id: &str, accepted| SubscribeChoice { template_id: id.into(), accepted, scene: some("1") };
        assert_eq!(
            event("subscribe_msg_popup_event", &nodes),
            Event::SubscribeChoices(vec![choice("t1", true), choice("t2", false)])
        );
    }

    #[test]
    fn a_subscription_is_switched_off_in_the_settings() {
        let nodes = "<SubscribeMsgChangeEvent><List><TemplateId>t</TemplateId>\
                     <SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent>";
        let choice = SubscribeChoice { template_id: "t".into(), accepted: false, scene: None };
        assert_eq!(event("subscribe_msg_change_event", nodes), Event::SubscribeChanges(vec![choice]));
    }

    #[test]
    fn the_result_of_a_subscription_notice() {
        let nodes = "<SubscribeMsgSentEvent><List><TemplateId>t</TemplateId><MsgID>1864</MsgID>\
                     <ErrorCode>43101</ErrorCode><ErrorStatus>refused</ErrorStatus></List></SubscribeMsgSentEvent>";
        let expected = SubscribeSent {
            template_id: "t".into(),
            message_id: "1864".into(),
            error_code: 43101,
            error_status: "refused".into(),
        };
        assert_eq!(event("subscribe_msg_sent_event", nodes), Event::SubscribeSent(vec![expected]));
    }

    #[test]
    fn privacy_events_name_their_subject_in_either_case() {
        let subject = Subject { open_id: "oA".into(), union_id: some("u"), app_id: some("wx1") };
        let nodes = "<OpenID>oA</OpenID><UnionID>u</UnionID><AppID>wx1</AppID>";
        assert_eq!(
            event("user_info_modified", "<openid>oA</openid><UnionID>u</UnionID><appid>wx1</appid>"),
            Event::UserInfoModified(subject.clone())
        );
        assert_eq!(
            event("user_authorization_revoke", &format!("{nodes}<RevokeInfo>205</RevokeInfo>")),
            Event::AuthorizationRevoked { subject: subject.clone(), scope: "205".into() }
        );
        assert_eq!(event("user_authorization_cancellation", nodes), Event::AuthorizationCancelled(subject));
    }

    #[test]
    fn certification_steps() {
        let steps = [
            "qualification_verify_success",
            "qualification_verify_fail",
            "naming_verify_success",
            "naming_verify_fail",
            "annual_renew",
            "verify_expired",
        ];
        for name in steps {
            let read = event(name, "<ExpiredTime>1442401156</ExpiredTime><FailReason>by time</FailReason>");
            assert_eq!(read.name(), name);
            let Event::Certification { expires_at, reason, .. } = read else { panic!("{name} not read") };
            assert_eq!((expires_at, reason), (Some(1442401156), some("by time")));
        }
    }

    #[test]
    fn unknown_and_incomplete_events_are_kept_raw() {
        let cases = [
            ("user_get_card", ""),
            ("Scan", "<EventKey>1</EventKey>"),
            ("CLICK", ""),
            ("LOCATION", "<Latitude>x</Latitude>"),
        ];
        for (name, nodes) in cases {
            let Event::Unknown { name: kept, xml, .. } = event(name, nodes) else {
                panic!("{name} was read")
            };
            assert_eq!(kept, name);
            assert!(xml.contains(nodes));
        }
        let nameless = Document::parse("<xml></xml>").expect("parses");
        assert_eq!(Event::read(&nameless), Err(XmlError::Missing("Event")));
    }
}

use super::*;
use proptest::prelude::*;

/// Kind, what stood there, and its mask.
fn hits(text: &str) -> Vec<(Kind, &str, String)> {
    find(text).into_iter().map(|hit| (hit.kind, &text[hit.range], hit.mask)).collect()
}

fn clean(text: &str) -> String {
    remove(text, &find(text))
}

#[test]
fn every_phone_is_found_not_only_the_first() {
    assert_eq!(
        clean("打13800138000或者13912345678，座机0577-65812345"),
        "打138****8000或者139****5678，座机0577****45"
    );
    assert_eq!(clean("1380013800013912345678"), "138****8000139****5678");
    assert_eq!(clean("13800138000 13912345678 13700001111"), "138****8000 139****5678 137****1111");
}

#[test]
fn numbers_are_found_however_they_are_written() {
    for text in [
        "138 0013 8000",
        "138-0013-8000",
        "１３８００１３８０００",
        "138　0013　8000",
        "1 3 8 0 0 1 3 8 0 0 0",
        "138.0013.8000",
        "一三八零零一三八零零零",
        "幺三八〇〇幺三八〇〇〇",
        "138零零138零零零",
    ] {
        let sentence = format!("有事请打{text}一直没人接");
        let found = hits(&sentence);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!((found[0].0, found[0].2.as_str()), (Kind::Mobile, "138****8000"), "{text}");
    }
    assert_eq!(clean("+86 13800138000，8613800138000"), "+86 138****8000，86138****8000");
}

#[test]
fn landlines_are_known_by_their_area_or_by_the_word_in_front() {
    assert_eq!(clean("（0577）65812345"), "（0577****45");
    assert_eq!(clean("010-62345678"), "010****78");
    assert_eq!(clean("电话65812345"), "电话****45");
    for kept in ["编号65812345", "金额 65812345 元", "热线12345", "拨打110", "邮编325200"] {
        assert_eq!(clean(kept), kept);
    }
}

#[test]
fn identity_numbers_are_known_by_their_check_sign() {
    assert_eq!(hits("11010519491231002X")[0].0, Kind::Identity);
    assert_eq!(clean("号码11010519491231002x。"), "号码110*************2X。");
    assert_eq!(clean("110105 19491231 002X"), "110*************2X");
    assert_eq!(clean("１１０１０５１９４９１２３１００２Ｘ"), "110*************2X");
    assert_eq!(clean("旧证110105491231002"), "旧证110**********02");
    // One digit wrong: an order number, unless the text says what it is.
    assert_eq!(clean("订单110105194912310021"), "订单110105194912310021");
    assert_eq!(clean("身份证110105194912310021"), "身份证110*************21");
    assert_eq!(clean("身份证号110105194913310021"), "身份证号110105194913310021", "no thirteenth month");
}

#[test]
fn bank_cards_are_known_by_their_check_digit_or_by_name() {
    assert_eq!(clean("6222021202041234562"), "6222021202041234562", "the check digit is wrong");
    assert_eq!(clean("卡号6222 0212 0204 1234 562"), "卡号***************4562");
    assert_eq!(clean("4111 1111 1111 1111"), "************1111");
    assert_eq!(clean("物流单4111111111111112"), "物流单4111111111111112");
}

#[test]
fn plates_are_found_with_and_without_gaps() {
    for (text, masked) in [
        ("浙C12345乱停", "浙C1**45乱停"),
        ("浙C·12345", "浙C1**45"),
        ("浙 c 12345", "浙C1**45"),
        ("浙CD12345挡路", "浙CD**345挡路"),
        ("浙Ｃ１２３４５", "浙C1**45"),
        ("浙C1234学", "浙C1**4学"),
        ("车牌C12345", "车牌C1**45"),
        ("浙C12345 6号楼", "浙C1**45 6号楼"),
        ("浙C12345和沪AD12345", "浙C1**45和沪AD**345"),
    ] {
        assert_eq!(clean(text), masked, "{text}");
    }
    for kept in ["云A座", "苏ABCDEF", "新C1234567", "A12345号文件"] {
        assert_eq!(clean(kept), kept);
    }
}

#[test]
fn mail_addresses_are_one_thing_with_their_numbers() {
    assert_eq!(clean("邮箱13800138000@163.com。"), "邮箱1***@163.com。");
    assert_eq!(clean("zhang.san＠Example.com,"), "z***@example.com,");
    assert_eq!(clean("a@b"), "a@b");
}

#[test]
fn names_are_found_behind_their_words_and_beside_numbers() {
    for (text, masked) in [
        ("联系人：王小明，住万松路", "联系人：王**，住万松路"),
        ("本人李雷，身份证11010519491231002X", "本人李**，身份证110*************2X"),
        ("我叫欧阳静怡。", "我叫欧阳**。"),
        ("请联系陈海13800138000", "请联系陈**138****8000"),
        ("王小明电话：13800138000", "王**电话：138****8000"),
        ("姓名 张三 电话 13800138000", "姓名 张** 电话 138****8000"),
        ("13800138000（林晓）", "138****8000（林**）"),
        ("联系人是周敏电话13800138000", "联系人是周**电话138****8000"),
        ("联系人：王小明13800138000、李雷13912345678", "联系人：王**138****8000、李**139****5678"),
    ] {
        assert_eq!(clean(text), masked, "{text}");
    }
}

#[test]
fn other_words_are_no_names() {
    for kept in [
        "本人于昨天下午路过",
        "我是安阳街道居民",
        "联系社区无果",
        "万松路路灯不亮",
        "本人住在万松路12号",
        "联系电话一直占线",
        "业主都很着急",
        "王先生说过",
    ] {
        assert_eq!(clean(kept), kept);
    }
    assert_eq!(clean("万松路 13800138000，谢谢"), "万松路 138****8000，谢谢");
    assert_eq!(clean("打13800138000谢谢"), "打138****8000谢谢");
    assert_eq!(clean("王先生13800138000"), "王先生138****8000");
}

#[test]
fn ordinary_figures_stay() {
    for kept in [
        "2026-11-23 10:00 起停水",
        "第16944号诉求，XF2026000123",
        "经纬度120.6551,27.7783",
        "已反映12次，欠薪138000元",
        "文号 瑞政发〔2026〕12号",
        "400-800-1234",
    ] {
        assert_eq!(clean(kept), kept);
    }
}

#[test]
fn chosen_hits_are_removed_and_what_does_not_fit_is_left_out() {
    let text = "电话13800138000，浙C12345";
    let all = find(text);
    assert_eq!(remove(text, &all[1..]), "电话13800138000，浙C1**45");
    assert_eq!(remove("短", &all), "短");
    let inside = Hit { kind: Kind::Name, range: 1..2, mask: "*".into() };
    assert_eq!(remove("电话", &[inside]), "电话");
}

proptest! {
    #[test]
    fn hits_stand_in_order_on_whole_signs_and_never_overlap(text in "[0-9１一X浙C王小明联系人电话：， @.a\\-]{0,60}") {
        let mut done = 0;
        for hit in find(&text) {
            prop_assert!(hit.range.start >= done && text.get(hit.range.clone()).is_some());
            prop_assert!(!hit.range.is_empty());
            done = hit.range.end;
        }
    }

    #[test]
    fn any_text_is_read_without_fault(text in any::<String>()) {
        let found = find(&text);
        remove(&text, &found);
    }

    #[test]
    fn a_mobile_is_found_between_any_words(before in "[一-龥，。]{0,10}", number in "1[3-9][0-9]{9}", after in "[，。请说不]{0,10}") {
        let text = format!("{before}{number}{after}");
        prop_assert!(!clean(&text).contains(&number));
    }
}

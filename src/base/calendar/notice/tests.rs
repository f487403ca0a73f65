//! The notices of three years as their readers paste them, against the data of the program.

use super::*;

const OF_2024: &str = "国务院办公厅关于2024年
部分节假日安排的通知
国办发明电〔2023〕7号

各省、自治区、直辖市人民政府，国务院各部委、各直属机构：

　　经国务院批准，现将2024年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。

　　一、元旦：1月1日放假，与周末连休。

　　二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。

　　三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。

　　四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。

　　五、端午节：6月10日放假，与周末连休。

　　六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。

　　七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。

　　节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。

国务院办公厅
2023年10月25日";

const OF_2025: &str = "国务院办公厅关于2025年部分节假日安排的通知
国办发明电〔2024〕12号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经党中央、国务院批准，根据2024年11月修订的《全国年节及纪念日放假办法》，自2025年1月1日起，全体公民放假的假日增加2天，其中春节、劳动节各增加1天。据此对放假调休原则作进一步优化完善，除个别特殊情形外，春节自农历除夕起放假调休8天，国庆节自10月1日起放假调休7天，劳动节放假调休5天，元旦、清明节、端午节、中秋节分别放假调休或连休3天（如逢周三则只在当日放假），国庆节放假如逢中秋节则合并放假8天。
按照上述原则，现将2025年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
国务院办公厅
2024年11月12日";

const OF_2026: &str = "国务院办公厅关于2026年部分节假日安排的通知

各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
鼓励单位和个人结合落实带薪年休假等制度，实际形成较长假期，推动错峰出行。节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
国务院办公厅
2025年11月4日";

/// Nobody has published it: for tests only.
const INVENTED: &str = "国务院办公厅关于2027年部分节假日安排的通知
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至13日放假调休，共9天。2月20日（周六）上班。
三、清明节：4月3日至5日放假，共3天。
四、劳动节：5月1日至5日放假调休，共5天。5月8日上班。
五、端午节：6月9日放假1天，不调休。
六、中秋节：9月15日放假1天，不调休。
七、国庆节：10月1日至7日放假调休，共7天。10月9日（周六）上班。
国务院办公厅
2026年11月20日";

fn wrong(text: &str) -> String {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_notices_of_three_years_say_what_the_program_brings_along() {
    let calendar = Calendar::own();
    for (year, text) in [(2024, OF_2024), (2025, OF_2025), (2026, OF_2026)] {
        let read = parse(text).unwrap();
        assert_eq!(Some(&read), calendar.year(year), "{year}");
        assert_eq!(difference(&calendar, &read), []);
    }
}

#[test]
fn a_paste_may_have_other_signs_and_other_lines() {
    let own = parse(OF_2026).unwrap();
    let half_width = OF_2026.replace('，', ",").replace('：', ":").replace('（', "(").replace('）', ")");
    let spaced = OF_2026.replace("放假", " 放假\u{a0}").replace('1', "１");
    let broken = OF_2026.replace("共9天。", "共9天。\n").replace("放假调休，共5", "放假\n调休，共5");
    let one_line = OF_2026.replace("。\n", "。");
    let without_numbers: String = OF_2026
        .lines()
        .map(|line| {
            format!(
                "{}\n",
                line.split_once("、元旦：").map_or(line.to_string(), |(_, rest)| format!("元旦：{rest}"))
            )
        })
        .collect();
    for text in [half_width, spaced, broken, one_line, without_numbers, OF_2026.replace('\n', "\r\n")] {
        assert_eq!(parse(&text), Ok(own.clone()), "{text}");
    }
}

#[test]
fn older_forms_are_read_too() {
    let text = OF_2024.replace(
        "1月1日放假，与周末连休。",
        "2023年12月30日至2024年1月1日放假调休，共3天。2023年12月28日（星期四）上班。",
    );
    assert!(wrong(&text).contains("2023年12月28日（周四）不是周末"), "{}", wrong(&text));
    let text = text.replace("2023年12月28日（星期四）上班。", "");
    let year = parse(&text).unwrap();
    assert_eq!(year.holidays[0].from.to_string(), "2023-12-30");
    let text = OF_2024.replace("1月1日放假，与周末连休。", "12月30日（星期六）至1月1日放假，共3天。");
    assert_eq!(parse(&text).unwrap().holidays[0].from.to_string(), "2023-12-30");
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    let cases = [
        ("4月7日（星期日）上班", "4月7日（星期六）上班", "第 13 行", "与日历不符：2024年4月7日（周日）"),
        ("4月4日至6日放假调休，共3天", "4月4日至6日放假调休，共4天", "第 13 行", "写的是4天，按日期是3天"),
        ("6月10日放假", "6月31日放假", "第 17 行", "没有“6月31日”这一天"),
        ("6月10日放假", "初五放假", "第 17 行", "看不懂“初五放假"),
        ("9月14日（星期六）上班", "9月14日（星期六）照常办公", "第 19 行", "看不懂"),
        ("9月14日（星期六）上班", "次日上班", "第 19 行", "看不懂“次日上班”里的日期"),
        ("2月4日（星期日）、", "2月31日、", "第 11 行", "没有“2月31日”这一天"),
    ];
    for (said, instead, line, what) in cases {
        let text = OF_2024.replace(said, instead);
        assert_ne!(text, OF_2024);
        let wrong = wrong(&text);
        assert!(wrong.contains(line) && wrong.contains(what), "{wrong}");
    }
    let without = OF_2024.lines().filter(|line| !line.contains("五、")).collect::<Vec<_>>().join("\n");
    assert_eq!(wrong(&without), "没有找到端午节的安排。");
    assert!(wrong("通知").contains("不知道是哪一年"));
    assert!(wrong(&"字".repeat(MAX_CHARS + 1)).contains("请只粘贴通知正文"));
}

#[test]
fn any_paste_is_answered() {
    let ends: Vec<usize> = OF_2025.char_indices().map(|(at, _)| at).collect();
    for window in ends.windows(2).step_by(7) {
        assert!(parse(&OF_2025[..window[0]]).is_err());
        let cut = format!("{}{}", &OF_2025[..window[0]], &OF_2025[window[1]..]);
        if let Ok(year) = parse(&cut) {
            assert_eq!(year.problems(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_preview_shows_each_day_that_changes() {
    let next = parse(INVENTED).unwrap();
    assert_eq!(next.year, 2027);
    let changes = difference(&Calendar::own(), &next);
    let zh: Vec<String> = changes.iter().map(Change::zh).collect();
    assert!(
        zh.contains(
            &"2027年2月8日（周一）：工作日（2027年放假安排尚未公布，暂按预计） → 春节放假".to_string()
        ),
        "{zh:#?}"
    );
    let moved = OF_2026.replace("10月10日（周六）上班", "10月11日（周日）上班");
    let changes = difference(&Calendar::own(), &parse(&moved).unwrap());
    let zh: Vec<String> = changes.iter().map(Change::zh).collect();
    assert_eq!(
        zh,
        [
            "2026年10月10日（周六）：因国庆节调休上班 → 周末",
            "2026年10月11日（周日）：周末 → 因国庆节调休上班"
        ]
    );
}

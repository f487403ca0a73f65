//! Chinese text search without a word list: single signs and pairs of signs, the same on every database.
//!
//! What is stored and what is asked go through [`fold`] and are cut by the same rule, so that a search of two signs
//! finds what holds them. Pairs find candidates; [`Query::found_in`] then looks whether the words really stand there.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Signs of a query that are read; people type a few words, and every pair costs a look-up.
pub const QUERY_SIGNS: usize = 40;

/// Traditional sign, simplified sign, and so on: those of streets, offices and complaints. Not a dictionary.
const TRADITIONAL: &str = "\
    車车燈灯電电線线纜缆視视聽听說说話话語语請请問问題题訴诉訪访議议論论記记許许設设證证評评詢询該该詳详\
    誤误謝谢識识譯译讀读變变讓让訂订計计討讨訓训託托調调談谈課课誰谁認认謀谋護护譽誉見见規规覺觉親亲觀观\
    貝贝負负財财責责貨货貪贪貧贫購购貴贵費费貼贴買买賣卖賠赔賬账質质資资賴赖賺赚贈赠贊赞貿贸賓宾賞赏軌轨\
    軍军輕轻較较輛辆輪轮輸输轉转軟软載载輔辅轄辖針针釘钉鈔钞鋼钢錢钱銀银鋪铺錯错鐵铁鎮镇鏡镜鍋锅鎖锁鐘钟\
    鑰钥錄录鄉乡鄰邻郵邮門门閉闭開开閑闲間间關关閘闸聞闻闆板陳陈陽阳陰阴階阶際际隊队險险隨随隱隐雙双雜杂\
    離离難难雲云霧雾靜静頂顶項项順顺須须預预領领頭头頻频顆颗額额類类顧顾顯显風风飛飞飯饭飲饮養养餘余館馆\
    馬马駕驾駛驶騎骑驗验驚惊騷骚驅驱髒脏鬧闹魚鱼鳥鸟鹽盐麗丽黃黄點点黨党齊齐齡龄龍龙來来個个們们倉仓偉伟\
    側侧偽伪傷伤備备僅仅價价億亿優优償偿儲储兒儿兩两冊册凍冻別别劃划劇剧劉刘創创辦办務务動动勞劳勢势勵励\
    區区協协單单嘆叹廠厂廳厅厲厉參参員员啟启嗎吗噴喷嚴严國国園园圓圆圍围團团圖图場场塊块墊垫壞坏壓压壘垒\
    塵尘夾夹奪夺奮奋婦妇媽妈學学寧宁實实審审寫写寬宽對对導导專专將将尋寻屆届層层屬属歲岁島岛崗岗嶺岭幣币\
    帳帐帶带幫帮幹干庫库應应廢废廣广廟庙張张彈弹強强後后徑径從从復复徹彻恆恒惡恶愛爱態态慶庆憂忧憑凭懷怀\
    戶户戲戏戰战拋抛挾挟捨舍掃扫掛挂採采換换揚扬損损搖摇搶抢擁拥擇择擊击擋挡據据擠挤擬拟擴扩擺摆擾扰攔拦\
    攝摄敗败敵敌數数斷断於于時时晉晋暫暂曬晒書书會会東东條条業业極极樓楼標标樣样樹树橋桥機机檔档檢检櫃柜\
    權权歡欢歷历歸归殘残殺杀氣气決决沒没況况洩泄淚泪淨净溝沟滅灭滬沪滯滞漁渔漢汉漲涨潔洁潤润澤泽濕湿濟济\
    濫滥灘滩灣湾溫温滲渗漸渐澇涝濱滨瀝沥災灾為为煙烟熱热燒烧營营爐炉爛烂爭争爺爷牆墙獎奖獨独獲获獻献現现\
    環环瓊琼產产畢毕畫画異异當当療疗癢痒發发盜盗盡尽監监盤盘礦矿碼码確确禮礼種种稱称積积穩稳窮穷競竞筆笔\
    筍笋節节範范築筑簡简簽签籃篮籠笼糧粮糾纠紀纪約约紅红納纳紙纸級级紛纷細细紹绍終终組组結结絕绝給给統统\
    經经綠绿維维網网緊紧緒绪練练縣县總总績绩織织繳缴繼继續续罰罚罷罢義义習习聯联聲声職职肅肃脅胁腦脑腳脚\
    臉脸臨临與与興兴舉举舊旧艙舱藝艺華华萬万葉叶蓋盖蓮莲蔣蒋藍蓝藥药蘇苏蘭兰處处虛虚號号蟲虫術术衛卫衝冲\
    補补裝装裡里裏里製制複复趙赵跡迹踐践蹤踪躍跃農农達达違违過过運运還还這这進进連连週周遊游遠远適适遲迟\
    遷迁選选遺遗遼辽邊边醫医醬酱釋释體体髮发麵面麼么內内勝胜魯鲁贛赣陝陕閩闽粵粤剛刚劑剂勸劝叢丛喪丧塗涂\
    塢坞墳坟夠够夢梦妝妆孫孙宮宫寵宠屍尸巖岩嶼屿彎弯徵征憤愤懸悬擔担攤摊斃毙樁桩欄栏殼壳溼湿滾滚潛潜燙烫\
    爾尔狀状猶犹獸兽癥症皺皱盧卢眾众睜睁磚砖禍祸穀谷綁绑緩缓縫缝縮缩罵骂聖圣膠胶蝦虾螢萤襲袭訊讯詐诈貓猫\
    賊贼賭赌輩辈輯辑醜丑釀酿鄭郑閣阁闊阔陸陆雞鸡霑沾韓韩頓顿頸颈飄飘餓饿驢驴鬥斗鮮鲜鴨鸭";

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let signs: Vec<char> = TRADITIONAL.chars().filter(|sign| !sign.is_whitespace()).collect();
    signs.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
});

/// What texts are compared in: NFKC, small letters, simplified signs; whatever is neither letter nor digit is one
/// space. Stored beside a text, it makes the check of [`Query::terms`] a plain `LIKE '%term%'`.
pub fn fold(text: &str) -> String {
    let small: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let mut folded = String::with_capacity(small.len());
    let mut gap = false;
    for sign in small.nfkc() {
        if !sign.is_alphanumeric() {
            gap = true;
            continue;
        }
        if gap && !folded.is_empty() {
            folded.push(' ');
        }
        gap = false;
        folded.push(SIMPLIFIED.get(&sign).copied().unwrap_or(sign));
    }
    folded
}

/// All grams to store for a text: of Chinese runs every sign and every pair, other runs of letters and digits whole.
pub fn grams(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for run in runs(&fold(text)) {
        if let Run::Han(signs) = &run {
            found.extend(signs.iter().map(char::to_string));
        }
        run.narrowest(&mut found);
    }
    found
}

/// What somebody searches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    terms: Vec<String>,
    grams: BTreeSet<String>,
}

impl Query {
    /// `None` where nothing is left to search for, e.g. of `？！`.
    pub fn new(text: &str) -> Option<Query> {
        let folded: String = fold(text).chars().take(QUERY_SIGNS).collect();
        let mut grams = BTreeSet::new();
        runs(&folded).iter().for_each(|run| run.narrowest(&mut grams));
        let terms: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        (!terms.is_empty()).then_some(Query { terms, grams })
    }

    /// All of these a text must have among its [`grams`]: pairs, or the sign itself where a run is one sign.
    pub fn grams(&self) -> &BTreeSet<String> {
        &self.grams
    }

    /// All of these must stand in the folded text. Letters and digits only: nothing in them to escape for `LIKE`.
    pub fn terms(&self) -> &[String] {
        &self.terms
    }

    /// Whether a text is a result, without any database: what every storage must agree with.
    pub fn found_in(&self, text: &str) -> bool {
        let folded = fold(text);
        self.terms.iter().all(|term| folded.contains(term)) && self.grams.is_subset(&grams(text))
    }
}

enum Run {
    Han(Vec<char>),
    Other(String),
}

impl Run {
    /// The grams that narrow most: pairs rather than their signs.
    fn narrowest(&self, into: &mut BTreeSet<String>) {
        match self {
            Run::Han(signs) if signs.len() == 1 => into.extend(signs.iter().map(char::to_string)),
            Run::Han(signs) => into.extend(signs.windows(2).map(|pair| pair.iter().collect::<String>())),
            Run::Other(word) => {
                into.insert(word.clone());
            }
        }
    }
}

fn runs(folded: &str) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    let mut open = false;
    for sign in folded.chars() {
        if sign == ' ' {
            open = false;
            continue;
        }
        match (found.last_mut(), is_han(sign)) {
            (Some(Run::Han(signs)), true) if open => signs.push(sign),
            (Some(Run::Other(word)), false) if open => word.push(sign),
            (_, true) => found.push(Run::Han(vec![sign])),
            (_, false) => found.push(Run::Other(sign.to_string())),
        }
        open = true;
    }
    found
}

/// The blocks of Unicode that hold Chinese signs, and the zero of dates.
pub fn is_han(sign: char) -> bool {
    matches!(sign, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}' | '\u{3007}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(grams: &[&str]) -> BTreeSet<String> {
        grams.iter().map(|gram| (*gram).to_owned()).collect()
    }

    #[test]
    fn chinese_is_cut_into_signs_and_pairs_and_other_runs_stay_whole() {
        assert_eq!(grams("焚烧垃圾"), set(&["焚", "烧", "垃", "圾", "焚烧", "烧垃", "垃圾"]));
        assert_eq!(grams("4G信号差"), set(&["4g", "信", "号", "差", "信号", "号差"]));
        assert_eq!(grams("路灯，坏"), set(&["路", "灯", "路灯", "坏"]));
        assert_eq!(grams(" ？！"), set(&[]));
    }

    #[test]
    fn the_same_text_in_other_signs_has_the_same_grams() {
        assert_eq!(grams("萬松路路燈壞了"), grams("万松路路灯坏了"));
        assert_eq!(grams("ＷｉＦｉ　１２３"), grams("wifi 123"));
        assert_eq!(fold("電線、  电缆!"), "电线 电缆");
    }

    #[test]
    fn two_signs_suffice_and_one_does_too() {
        let text = "莘塍街道有人焚烧垃圾，电话 16944";
        for found in ["垃圾", "圾", "焚燒垃圾", "垃圾 莘塍", "16944", "烧垃"] {
            assert!(Query::new(found).unwrap().found_in(text), "{found}");
        }
        for missing in ["垃圾焚烧", "路灯", "1694", "道人", "圾电"] {
            assert!(!Query::new(missing).unwrap().found_in(text), "{missing}");
        }
        assert_eq!(Query::new("？ ！"), None);
    }

    #[test]
    fn a_query_asks_for_pairs_rather_than_signs() {
        assert_eq!(*Query::new("公租房").unwrap().grams(), set(&["公租", "租房"]));
        assert_eq!(*Query::new("灯 AB").unwrap().grams(), set(&["灯", "ab"]));
        assert!(Query::new(&"很长".repeat(1000)).unwrap().grams().len() <= QUERY_SIGNS);
    }

    #[test]
    fn pairs_alone_do_not_make_a_result() {
        // Both pairs of 公租房 stand here, the word does not.
        let text = "公租 与 租房";
        let query = Query::new("公租房").unwrap();
        assert!(query.grams().is_subset(&grams(text)));
        assert!(!query.found_in(text));
    }

    #[test]
    fn the_table_of_signs_is_sound() {
        let signs: Vec<char> = TRADITIONAL.chars().filter(|sign| !sign.is_whitespace()).collect();
        assert_eq!(signs.len() % 2, 0);
        for pair in signs.chunks_exact(2) {
            assert!(is_han(pair[0]) && is_han(pair[1]), "{pair:?}");
            // A simplified sign that is itself replaced would shift every pair behind it.
            let again = SIMPLIFIED.get(&pair[1]).copied().unwrap_or(pair[1]);
            assert_eq!(again, pair[1], "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn grams_are_those_of_the_folded_text(text in any::<String>()) {
            prop_assert_eq!(grams(&fold(&text)), grams(&text));
        }

        #[test]
        fn every_piece_of_a_chinese_text_finds_it(text in "[万松路灯坏了，。 a1]{2,30}", from in 0usize..30, len in 1usize..8) {
            let piece: String = text.chars().filter(|sign| is_han(*sign)).skip(from).take(len).collect();
            let whole: String = text.chars().filter(|sign| is_han(*sign)).collect();
            if let Some(query) = Query::new(&piece) {
                prop_assert!(query.found_in(&whole));
                prop_assert!(query.grams().is_subset(&grams(&whole)));
            }
        }

        #[test]
        fn a_result_has_all_grams_and_all_terms(text in "[路灯坏垃圾 ab1]{0,20}", asked in "[路灯坏垃圾 ab1]{1,6}") {
            if let Some(query) = Query::new(&asked) {
                let by_parts = query.grams().is_subset(&grams(&text))
                    && query.terms().iter().all(|term| fold(&text).contains(term.as_str()));
                prop_assert_eq!(query.found_in(&text), by_parts);
            }
        }
    }
}

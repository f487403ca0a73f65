//! Appointments at the desk: the candidate is part of the motion.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::ballot::rules::Rules;
use yishiting::people::staff::Role;

use crate::desk::office::{reads, sign_in};
use crate::support::chamber::{Chamber, motion};

#[tokio::test]
async fn an_appointment_names_its_candidate_who_is_not_put_again_under_other_words() {
    let chamber = Chamber::of(3).await;
    let desk = sign_in(&chamber.hall.app, Role::Organiser).await;
    let csrf = desk.get("/desk/meetings").await.hidden("csrf");
    let list = format!("/desk/meetings/{}/ballots", chamber.hall.id);
    let sees = async |path: &str| desk.get(path).await.text;
    let posts = async |path: &str, fields: &[(&str, &str)]| {
        desk.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
    };
    let rule = chamber.template(Rules { refusals: Some(1), ..motion() }).await;
    let plain = chamber.template(motion()).await;
    reads(&sees(&format!("{list}/new?rule={rule}")).await, &["人选", "任免事项填「姓名，职务」"]);
    assert!(!sees(&format!("{list}/new?rule={plain}")).await.contains("name=\"items\""));
    let drafts = async |question: &str| {
        let id = Uuid::now_v7();
        let op = id.to_string();
        let fields =
            [("op", op.as_str()), ("rule", &rule), ("question", question), ("items", "江一帆，市财政局局长")];
        assert_eq!(posts(&list, &fields).await.status, StatusCode::SEE_OTHER);
        (id, format!("{list}/{id}"))
    };
    let (id, first) = drafts("任命市财政局局长").await;
    reads(&sees(&first).await, &["人选：江一帆（市财政局局长）"]);
    reads(&sees(&format!("{first}/edit")).await, &["value=\"江一帆，市财政局局长\""]);
    for verb in ["ready", "open"] {
        assert_eq!(posts(&format!("{first}/{verb}"), &[]).await.status, StatusCode::SEE_OTHER, "{verb}");
    }
    chamber.all_vote(id, 0..3, "no").await;
    assert_eq!(posts(&format!("{first}/close"), &[]).await.status, StatusCode::SEE_OTHER);
    let (_, second) = drafts("市财政局人事事项").await;
    let refused = posts(&format!("{second}/ready"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(&refused.text, &["人选「江一帆」已 1 次未通过", "换人后再定稿"]);
}

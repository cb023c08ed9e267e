use hyper::header::HeaderMap;

use super::question::Question;

fn read(user: &[&str], query: &str) -> Result<Question, String> {
    let mut headers = HeaderMap::new();
    for value in user {
        headers.append("x-road-userid", value.parse().unwrap());
    }
    Question::read(&headers, Some(query)).map_err(|(status, message)| format!("{} {message}", status.as_u16()))
}

const USER: &[&str] = &["VN031090000001"];

#[test]
fn a_question_is_read_with_its_defaults() {
    let question =
        read(USER, "userCode=VN031190000002&offset=7&limit=5000&periodStart=2026-01-31T10:20:30%2B07:00").unwrap();
    assert_eq!((question.user.as_str(), question.subject.as_str()), ("031090000001", "031190000002"));
    assert_eq!((question.offset, question.limit), (7, 1000));
    assert_eq!(question.period.from, "2026-01-31T03:20:30Z".parse().unwrap());
    let question = read(USER, "userCode=031090000001&limit=0").unwrap();
    assert_eq!((question.offset, question.limit, question.user == question.subject), (0, 0, true));
}

#[test]
fn what_is_not_understood_is_told_without_a_number_of_a_person() {
    for (user, query, expected) in [
        (&[][..], "userCode=VN031090000001", "X-Road-UserId"),
        (&["031090000001"], "userCode=VN031090000001", "X-Road-UserId"),
        (&["EE31090000001"], "userCode=VN031090000001", "X-Road-UserId"),
        (&["VN031090000001", "VN031090000001"], "userCode=VN031090000001", "X-Road-UserId"),
        (USER, "", "userCode"),
        (USER, "userCode=", "userCode"),
        (USER, "userCode=VN999090000001", "userCode"),
        (USER, "userCode=VN031090000001&userCode=VN031090000001", "twice"),
        (USER, "userCode=%ff", "UTF-8"),
        (USER, "userCode=VN031090000001&offset=-1", "offset"),
        (USER, "userCode=VN031090000001&offset=4294967296", "offset"),
        (USER, "userCode=VN031090000001&limit=all", "limit"),
        (USER, "userCode=VN031090000001&periodStart=2026-01-31", "periodStart"),
        (USER, "userCode=VN031090000001&periodEnd=2026-01-31T10:20:30", "periodEnd"),
        (USER, "userCode=VN031090000001&periodStart=2026-02-01T00:00:00Z&periodEnd=2026-01-01T00:00:00Z", "before"),
    ] {
        let said = read(user, query).unwrap_err();
        assert!(
            said.starts_with("400 ") && said.contains(expected) && !said.contains("031090000001"),
            "{query}: {said}"
        );
    }
}

//! Renders every component and every page of the frame to files, holds their structure, and leaves them at
//! `<target>/tmp/gallery` for looking at them (`python3 -m http.server` there).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use askama::Template;
use haidang_kernel::calendar::{OfficeHours, TimeLimit, WorkingCalendar};
use haidang_kernel::time::at;
use haidang_ui::component::*;
use haidang_ui::error_page::{ErrorPage, STATUSES};
use haidang_ui::field::{Choice, ErrorItem, Field, Known, LabelStyle};
use haidang_ui::print::PrintFrame;
use haidang_ui::statements::{OfflinePage, StatementPage};
use haidang_ui::{Account, Bilingual, City, Html, IntoHtml, Lang, Page, Service, assets};
use jiff::civil::{date, time};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "gallery.html")]
struct Gallery {
    page: Page,
    errors: Vec<ErrorItem>,
    parts: Vec<Html>,
    crumbs: &'static [(&'static str, &'static str)],
}

#[derive(Template)]
#[template(path = "gallery_question.html")]
struct Question {
    page: Page,
    errors: Vec<ErrorItem>,
    progress: Progress,
    question: Choices,
    why: Details,
}

#[derive(Template)]
#[template(path = "gallery_paper.html")]
struct Paper {
    page: Page,
    paper: PrintFrame,
}

fn city() -> Arc<City> {
    Arc::new(City {
        name: Bilingual::new("Thành phố Mẫu", "Sample City"),
        portal: Bilingual::new("Smart Mẫu", "Smart Sample"),
        office: Bilingual::new("Egov Mẫu", "Egov Sample"),
        phone: "0225 000 0000".into(),
        phone_note: Some(Bilingual::new("số mẫu", "sample number")),
        email: None,
        responsible: Bilingual::vietnamese("Ủy ban nhân dân Thành phố Mẫu"),
        counters: Some("/quay-mot-cua".into()),
    })
}

fn page(lang: Lang, service: Service, title: &str) -> Page {
    let mut page = Page::new(lang, service, title, "/trung-bay?a=1", city());
    page.demo = true;
    page.csrf = "csrf-value".into();
    page.account = Some(Account { name: "Nguyễn Thị Mẫu 01".into(), position: None, on_behalf: None });
    page
}

fn field(page: &Page, name: &str, label: &str) -> Field {
    Field::new(page.lang, name, label).style(LabelStyle::Strong)
}

fn explained(lang: Lang) -> ExplainedDate {
    let year = r#"
format = 1
year = 2026
status = "final"
timezone = "Asia/Ho_Chi_Minh"
weekly_off = ["sat", "sun"]
off = [
  { date = 2026-08-31, name = "Ngày nghỉ hoán đổi: nghỉ nối Quốc khánh", kind = "swap", basis = "x", worked_on = 2026-08-22 },
  { date = 2026-09-01, name = "Quốc khánh (01 ngày liền kề)", kind = "statutory", basis = "x" },
  { date = 2026-09-02, name = "Quốc khánh", kind = "statutory", basis = "x" },
]
extra_work = [{ date = 2026-08-22, name = "Ngày làm việc hoán đổi", basis = "x" }]
"#;
    let calendar = WorkingCalendar::from_toml(&[year]).unwrap();
    let hours = OfficeHours::new(vec![(time(7, 30, 0, 0), time(11, 30, 0, 0)), (time(13, 0, 0, 0), time(17, 0, 0, 0))])
        .unwrap();
    let accepted = at(date(2026, 8, 27).at(9, 12, 0, 0));
    let due = calendar.due(&hours, accepted, &TimeLimit::working_days(5), &[]).unwrap();
    ExplainedDate::of(lang, &due, accepted, Some(date(2026, 9, 3)))
}

fn form_parts(page: &Page, errors: &[ErrorItem]) -> Vec<Html> {
    vec![
        TextInput::new(
            field(page, "full_name", "Họ, chữ đệm và tên")
                .hint("Viết như trong giấy tờ")
                .autocomplete("name")
                .errors(errors),
        )
        .value("Trần <Mẫu> \"01\"")
        .into_html(),
        TextInput::new(field(page, "citizen_no", "Số định danh cá nhân").errors(errors))
            .numeric()
            .width(20)
            .into_html(),
        TextInput::new(field(page, "area", "Diện tích, mét vuông").optional(true))
            .numeric()
            .width(5)
            .suffix("m²")
            .into_html(),
        TextArea::new(field(page, "reason", "Lý do")).limit(500).rows(3).into_html(),
        DateField::new(field(page, "birth_date", "Ngày sinh").hint("Ví dụ: 24 8 2026").errors(errors))
            .iso("2026-08-24")
            .into_html(),
        Choices::checkboxes(
            field(page, "copies", "Ông/bà cần thêm bản sao nào?"),
            vec![
                Choice::new("a", "Bản sao trích lục").hint("8.000 đồng một bản"),
                Choice::new("b", "Không").after_divider(),
            ],
        )
        .into_html(),
        Select::new(
            field(page, "commune", "Xã, phường, đặc khu"),
            vec![Choice::new("11824", "Phường Lê Chân").chosen("11824"), Choice::new("11825", "Xã Kiến Thụy")],
        )
        .into_html(),
        FileUpload::new(field(page, "birth_notice", "Giấy chứng sinh").hint("Ảnh hoặc PDF, tối đa 10 MB"))
            .accept("image/*,application/pdf")
            .into_html(),
    ]
}

fn shown_parts(page: &Page) -> Vec<Html> {
    let lang = page.lang;
    vec![
        Facts::new()
            .fact("calendar-days", "Ngày hẹn trả", "thứ Ba, 08/09/2026", "trước 17 giờ, còn 3 ngày làm việc")
            .fact("landmark", "Đang giữ hồ sơ", "Tư pháp – Hộ tịch", "Ủy ban nhân dân Phường Lê Chân")
            .fact("banknote", "Lệ phí", "Không thu", "công dân cư trú trong nước")
            .into_html(),
        Html::trusted("<h2 class=\"govuk-heading-l\">Vì sao hẹn ngày 8 tháng 9</h2>"),
        explained(lang).into_html(),
        Html::trusted("<h2 class=\"govuk-heading-l\">Hồ sơ đã đi đến đâu</h2>"),
        Steps::new(
            lang,
            vec![
                StepItem::new(StepState::Done, "Đã nộp trực tuyến").line("08:47, thứ Năm 27/08/2026"),
                StepItem::new(StepState::Paused, "Chờ ông/bà bổ sung").line("Từ 10:20, thứ Năm 03/09/2026"),
                StepItem::new(StepState::Failed, "Đã dừng"),
                StepItem::new(StepState::Next, "Ký và trao Giấy chứng nhận kết hôn").line("Hẹn trước 17 giờ"),
            ],
        )
        .into_html(),
        Html::trusted("<h2 class=\"govuk-heading-l\">Kiểm tra</h2>"),
        SummaryList::new(vec![
            SummaryRow::new("Họ, chữ đệm và tên của trẻ", "Trần Mẫu Con 01").change(lang, "/vi/x"),
            SummaryRow::new("Số định danh cá nhân", page.code("031 ••• ••• 000")),
        ])
        .into_html(),
        TaskList::new(
            lang,
            "tasks",
            vec![
                TaskItem::new("Thông tin của trẻ", "/vi/1", TaskState::Completed),
                TaskItem::new("Cha và mẹ", "/vi/2", TaskState::InProgress).hint("Còn 2 câu hỏi"),
                TaskItem::new("Giấy tờ", "/vi/3", TaskState::HasError),
                TaskItem::new("Nhận kết quả", "/vi/4", TaskState::NotStarted),
                TaskItem::new("Kiểm tra và nộp", "/vi/5", TaskState::CannotStart),
            ],
        )
        .into_html(),
        Table::new(
            "Lệ phí theo cách nộp",
            vec![Column::new("Cách nộp"), Column::numeric("Lệ phí"), Column::new("Căn cứ")],
        )
        .row(vec!["Trực tuyến".into(), "Không thu".into(), "Nghị quyết 23/2026/NQ-HĐND".into()])
        .row(vec!["Tại quầy".into(), "8.000 đ".into(), "Nghị quyết 12/2018/NQ-HĐND".into()])
        .total(vec!["Phải trả".into(), "8.000 đ".into(), "".into()])
        .into_html(),
        Html::trusted("<h2 class=\"govuk-heading-l\">Giấy tờ</h2><ul class=\"hd-plainlist\">")
            .then(
                DocRow::new("heart", "Giấy chứng nhận kết hôn", "/vi/kq")
                    .line("Số 000/2019, Phường Lê Chân cấp ngày 12/03/2019")
                    .line("Bản số hóa, đã đối chiếu với sổ gốc")
                    .action("Tải bản có chữ ký số", "/vi/tai")
                    .status(page.tag("Còn hiệu lực").done()),
            )
            .then(
                DocRow::new("upload", "Giấy xác nhận của bệnh viện", "")
                    .line("Ông/bà tải lên ngày 27/08/2026")
                    .status(page.tag("Chưa xác minh").wait()),
            )
            .then(Html::trusted("</ul>")),
        Reasons::new().item("check", "Chữ ký số đúng là của cơ quan cấp.").item("clock", "Còn hạn.").into_html(),
        page.tag("Quá hạn").late().into_html(),
        page.tag("Đã tiếp nhận").into_html(),
        page.tag("Chưa nộp").tone(Tone::Plain).into_html(),
        Inset::new("Nộp trước 15 giờ hôm nay thì có kết quả hôm nay.").into_html(),
        WarningText::new(lang, "Lần bổ sung thứ hai: hồ sơ sẽ bị tính là quá hạn.").into_html(),
        Notification::new("n1", "Thông báo", "Ngày 24 tháng 11 các quầy nghỉ.").into_html(),
        EmptyState::new("Chưa có hồ sơ nào.").next("Bắt đầu từ danh sách thủ tục", "/vi/thu-tuc").into_html(),
        Pagination::numbered(lang, "/vi/thu-tuc?q=khai+sinh", 4, 12).into_html(),
        haidang_ui::qr_picture("http://localhost:8080/kq/abc", "Mã QR của trang kiểm tra"),
    ]
}

fn rendered() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for lang in Lang::ALL {
        let code = lang.code();
        let mut add = |name: &str, html: String| out.push((format!("{code}-{name}"), html));
        let crumbs: &[(&str, &str)] = &[("Dịch vụ", "/"), ("Sinh con, kết hôn", "/thu-tuc")];

        let errors = vec![
            ErrorItem::of("full_name", "Hãy nhập họ, chữ đệm và tên"),
            ErrorItem::of("birth_date.year", "Năm sinh phải có đủ 4 chữ số, ví dụ 2026"),
        ];
        let mut wrong = page(lang, Service::Resident, "Các câu hỏi");
        wrong.errors = true;
        let parts = form_parts(&wrong, &errors);
        add("form", Gallery { page: wrong, errors, parts, crumbs }.render().unwrap());

        let mut shown = page(lang, Service::Resident, "Đăng ký kết hôn lưu động");
        shown.nav = "cases";
        shown.notice = Some("Đã lưu câu trả lời.".into());
        shown.account = Some(Account { on_behalf: Some("Trần Mẫu Con 01".into()), ..shown.account.unwrap() });
        shown.emergency = Some(Banner::new("Bão số 5.", "Ở trong nhà đến 18 giờ hôm nay.", None));
        let parts = shown_parts(&shown);
        add("shown", Gallery { page: shown, errors: Vec::new(), parts, crumbs }.render().unwrap());

        let mut office = page(lang, Service::Office, "Việc của tôi");
        office.nav = "inbox";
        let parts = shown_parts(&office);
        add("office", Gallery { page: office, errors: Vec::new(), parts, crumbs }.render().unwrap());
        let mut office = page(lang, Service::Office, "Việc của tôi");
        office.theme = haidang_ui::Theme::Dark;
        let mut parts = shown_parts(&office);
        parts.extend(form_parts(&office, &[]));
        add("office-dark", Gallery { page: office, errors: Vec::new(), parts, crumbs }.render().unwrap());

        let mut asked = page(lang, Service::Resident, "Trẻ sinh ngày nào?");
        asked.part = Some("Đăng ký khai sinh".into());
        asked.errors = true;
        asked.navigation.clear();
        let errors = vec![ErrorItem::of("child_birth_date.year", "Năm sinh phải có đủ 4 chữ số, ví dụ 2026")];
        let corrected = DateField::new(
            Field::new(lang, "child_birth_date", "Ngày sinh đúng của trẻ")
                .style(LabelStyle::Strong)
                .hint("Ví dụ: 24 8 2026")
                .errors(&errors),
        )
        .values("23", "8", "26")
        .wrong(false, false, true);
        let question = Choices::radios(
            Field::new(lang, "confirm", "Trẻ sinh ngày nào?").heading().known(Some(Known {
                term: "Bệnh viện đã báo".into(),
                value: Html::text("ngày 24 tháng 8 năm 2026"),
                source: "Nguồn: Giấy chứng sinh điện tử số MAU-000124, bệnh viện gửi ngày 25/08/2026".into(),
            })),
            vec![
                Choice::new("yes", "Đúng"),
                Choice::new("no", "Không đúng, tôi muốn sửa").checked(true).conditional(corrected),
            ],
        );
        let progress = Progress::new(lang, 3, 5, "Thông tin của trẻ");
        let why = Details::new("Vì sao chúng tôi hỏi", "Ngày sinh được ghi trên Giấy khai sinh.");
        add("question", Question { page: asked, errors, progress, question, why }.render().unwrap());

        for status in STATUSES {
            let error = ErrorPage::new(page(lang, Service::Resident, ""), *status).reference(Some("K7Q-2FX".into()));
            add(&format!("error-{status}"), error.render().unwrap());
        }
        let plain = || page(lang, Service::Resident, "");
        add("offline", OfflinePage::new(plain()).render().unwrap());
        add("accessibility", StatementPage::accessibility(plain()).render().unwrap());
        add("privacy", StatementPage::privacy(plain()).render().unwrap());
        add("help", StatementPage::help(plain()).render().unwrap());
        let paper = PrintFrame {
            bars: true,
            superior: "ỦY BAN NHÂN DÂN THÀNH PHỐ MẪU".into(),
            agency: "BỘ PHẬN MỘT CỬA PHƯỜNG LÊ CHÂN".into(),
            number: "Số: 142/TNHS".into(),
            place_date: "Lê Chân, ngày 05 tháng 11 năm 2026".into(),
            title: "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ".into(),
            form: "Mẫu số 01".into(),
            code: "H24.11824-20261105-0000142".into(),
            qr: "http://localhost:8080/kq/abc".into(),
            address: "http://localhost:8080/kq/abc".into(),
            recipients: vec!["Người nộp hồ sơ".into(), "Lưu: hồ sơ".into()],
            signer_position: "NGƯỜI TIẾP NHẬN HỒ SƠ".into(),
            signer_name: "Cán bộ Mẫu 04".into(),
            signed: "Đã ký số ngày 05/11/2026 09:12".into(),
            ..PrintFrame::default()
        };
        add("paper", Paper { page: page(lang, Service::Resident, "Giấy tiếp nhận"), paper }.render().unwrap());
    }
    out
}

/// Every value of an attribute in the page.
fn values<'page>(html: &'page str, attribute: &str) -> Vec<&'page str> {
    let start = format!(" {attribute}=\"");
    html.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn faults(name: &str, html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |good: bool, what: String| {
        if !good {
            faults.push(format!("{name}: {what}"));
        }
    };
    expect(html.matches("<h1").count() == 1, format!("{} h1", html.matches("<h1").count()));
    expect(html.matches("<main").count() == 1 && html.contains("id=\"main\""), "one main".into());
    expect(!html.contains('⟦'), format!("unknown text id in {html:.0}"));
    expect(
        !html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick"),
        "inline style or script".into(),
    );
    expect(html.contains("</title>") && html.contains(" – Hải Đăng</title>"), "title".into());
    let ids = values(html, "id");
    let unique: BTreeSet<_> = ids.iter().collect();
    expect(ids.len() == unique.len(), format!("repeated ids {ids:?}"));
    for attribute in ["aria-describedby", "aria-labelledby", "for"] {
        for id in values(html, attribute).iter().flat_map(|value| value.split(' ')) {
            expect(unique.contains(&id), format!("{attribute} names {id:?}, which is not there"));
        }
    }
    for target in values(html, "href").iter().filter_map(|href| href.strip_prefix('#')) {
        expect(unique.contains(&target), format!("link to #{target}"));
    }
    for form in html
        .split("<form")
        .skip(1)
        .filter(|form| form.starts_with(|_| true) && form[..form.len().min(200)].contains("method=\"post\""))
    {
        expect(
            form.split("</form>").next().is_some_and(|inside| inside.contains("name=\"csrf\"")),
            "form without csrf".into(),
        );
    }
    for address in
        values(html, "href").iter().chain(values(html, "src").iter()).filter(|address| address.starts_with("/assets/"))
    {
        let path = address.split('#').next().unwrap();
        expect(assets::find(path).is_some_and(|asset| asset.immutable), format!("no asset {address}"));
        if let Some(icon) = address.split_once("icons.svg#") {
            let sprite = assets::find(path).unwrap();
            let sprite = String::from_utf8_lossy(&sprite.bytes).into_owned();
            expect(sprite.contains(&format!("id=\"{}\"", icon.1)), format!("no icon {}", icon.1));
        }
    }
    faults
}

#[test]
fn every_page_of_the_gallery_is_well_built() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, _, _) in assets::sizes() {
        let path = assets::href(name);
        let file = folder.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, assets::find(&path).unwrap().bytes).unwrap();
    }
    let mut found = Vec::new();
    for (name, html) in rendered() {
        std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
        found.extend(faults(&name, &html));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn titles_errors_and_escapes() {
    let pages = rendered();
    let html = |name: &str| pages.iter().find(|(own, _)| own == name).map(|(_, html)| html.as_str()).unwrap();
    let cases = [
        ("vi-question", "<title>Lỗi: Trẻ sinh ngày nào? – Đăng ký khai sinh – Hải Đăng</title>"),
        ("en-form", "<title>Error: Các câu hỏi – Smart Sample – Hải Đăng</title>"),
        ("vi-question", "<a href=\"#child_birth_date-year\">Năm sinh phải có đủ 4 chữ số, ví dụ 2026</a>"),
        ("vi-form", "value=\"Trần &#60;Mẫu&#62; &#34;01&#34;\""),
        ("vi-form", "<link rel=\"alternate\" hreflang=\"en\" href=\"/en/trung-bay?a=1\">"),
        ("vi-office-dark", "data-theme=\"dark\""),
        ("en-shown", "<span lang=\"vi\">Ủy ban nhân dân Thành phố Mẫu</span>"),
        ("vi-shown", "Tháng 8 năm 2026 đến tháng 9 năm 2026. Số đậm"),
        ("en-shown", "August 2026 to September 2026. Bold"),
        ("vi-shown", "Ngày 5: hạn trả, 17:00"),
        ("vi-shown", "Ngày 2 (hôm nay)"),
        ("en-shown", "Thursday 27 Aug"),
        ("en-shown", "Public holiday: <span lang=\"vi\">Quốc khánh</span>"),
        ("vi-shown", "29 và 30/08"),
        ("vi-shown", "href=\"/vi/thu-tuc?q=khai+sinh&#38;trang=5\" rel=\"next\""),
        ("vi-error-500", "K7Q-2FX"),
    ];
    for (name, expected) in cases {
        assert!(html(name).contains(expected), "{name}: {expected}\n{}", html(name));
    }
    assert!(!html("vi-form").contains("workbench.css"), "residents do not load the workbench");
    assert!(!html("vi-offline").contains("Nguyễn"), "the kept page names nobody");
}

# Văn bản đã ban hành: thẩm quyền của từng chữ ký.
issued-why-granted = Người ký có thẩm quyền: { $block }. Căn cứ: { $basis }
issued-why-initials = Ký nháy của người soát xét bản thảo; không làm phát sinh thẩm quyền.
issued-why-not-in-books = Sổ của cơ quan không ghi chữ ký này.
issued-why-not-sealed-here = Dấu mang tên cơ quan ban hành nhưng sổ của cơ quan không ghi lần đóng dấu tệp này.
issued-why-officer-missing = Thiếu chữ ký của người có thẩm quyền.
issued-why-organ-missing = Thiếu chữ ký số của cơ quan ban hành.
issued-why-other-organ = Dấu mang tên cơ quan khác với cơ quan ban hành.
issued-why-other-signer = Chứng thư số mang tên người khác với người được ghi là đã ký.
issued-why-seal = Chữ ký số của chính cơ quan ban hành.
issued-why-signature-broken = Chữ ký không đúng nên không xét thẩm quyền.
issued-why-signer-unproven = Chưa biết chắc ai đã ký nên chưa xét được thẩm quyền.

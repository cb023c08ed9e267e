# Thông báo công việc của cán bộ.
notices-about = { $text }: { $about }
notices-arrival-for-info = Văn bản đến gửi ông/bà để biết, số đến
notices-arrival-routed = Văn bản đến giao ông/bà xử lý, số đến
notices-arrival-submitted = Văn bản đến trình ông/bà, số đến
notices-copy-issued = Bản sao đã phát hành
notices-copy-to-number = Bản sao chờ cấp số và đóng dấu
notices-copy-to-sign = Bản sao chờ ông/bà ký
notices-count = { $count ->
    [0] Không có thông báo mới.
   *[other] { $count } thông báo mới.
}
notices-document-issued = Văn bản đã phát hành
notices-document-returned = Dự thảo bị trả lại
notices-document-review = Dự thảo chờ ông/bà xem xét
notices-document-to-number = Văn bản đã ký, chờ cấp số và đóng dấu
notices-document-to-sign = Văn bản chờ ông/bà ký
notices-due = { $text }, hạn { $due }
notices-empty = Chưa có thông báo nào.
notices-meeting-invited = Ông/bà được mời họp
notices-new = Mới
notices-other = Có việc cần xem
notices-seen = Đánh dấu đã xem
notices-task-due-soon = Nhiệm vụ sắp đến hạn
notices-task-due-today = Nhiệm vụ đến hạn hôm nay
notices-task-given = Nhiệm vụ giao cho ông/bà
notices-task-late = Nhiệm vụ quá hạn
notices-task-late-superior = Nhiệm vụ của đơn vị quá hạn
notices-task-not-accepted = Nhiệm vụ chưa được nhận
notices-task-waits-for-you = Nhiệm vụ chờ ông/bà
notices-title = Thông báo

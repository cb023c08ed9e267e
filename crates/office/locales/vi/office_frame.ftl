# Khung chung của các trang văn phòng.
office-tab-arrived = Văn bản đến
office-tab-authority = Thẩm quyền ký
office-tab-copies = Bản sao
office-tab-files = Hồ sơ công việc
office-tab-issued = Văn bản đi
office-tab-label = Các phần của văn bản
office-tab-registers = Sổ văn bản
office-tab-reports = Báo cáo kiểm tra
office-tab-scans = Số hóa
office-tab-search = Tìm văn bản

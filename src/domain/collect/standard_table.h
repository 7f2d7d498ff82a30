/* The standard events and properties, as lists of macros: standard.c makes tables of them, standard_make.c the index by
 * which names are found and the page docs/reference/events.md. Both see only what stands here.
 *
 * EVENT(number, name, English, Chinese, category, needs, aliases). Numbers run from 1 without gaps, are in rows and files,
 * and are never changed nor used again: a new event goes to the end, its category says where it belongs. The Chinese
 * words are an alias by themselves, and so is every way to write the name (orderCompleted, "Order Completed",
 * order-completed). PROPERTY(name, aliases) likewise. A name that two events would claim stops the build. */
#pragma once

/* clang-format off */
#define STANDARD_EVENTS(EVENT) \
    EVENT(1, "page_viewed", "Page viewed", "浏览页面", "browse", "page", \
          "page|$pageview|$web_page_view|pageview|page_view|viewed_page|screen|screen_viewed|$screen|$AppViewScreen|$MPViewScreen|ta_pageview|ta_mp_view|ta_app_view|访问页面|页面浏览") \
    EVENT(2, "product_viewed", "Product viewed", "浏览商品", "browse", "sku", \
          "view_item|view_product|product_detail_viewed|viewed_product|content_view|商品浏览|查看商品|浏览商品详情") \
    EVENT(3, "product_list_viewed", "Product list viewed", "浏览商品列表", "browse", "category", \
          "product_list_filtered|view_item_list|product_category_viewed|viewed_product_category|category_viewed|浏览分类|商品列表浏览") \
    EVENT(4, "product_searched", "Product searched", "搜索商品", "browse", "keyword", \
          "products_searched|search|searched|search_submitted|搜索") \
    EVENT(5, "product_clicked", "Product clicked", "点击商品", "browse", "sku", \
          "select_item|clicked_product|商品点击") \
    EVENT(6, "promotion_viewed", "Promotion viewed", "浏览活动", "browse", "campaign", \
          "view_promotion|viewed_promotion|活动曝光|活动浏览") \
    EVENT(7, "promotion_clicked", "Promotion clicked", "点击活动", "browse", "campaign", \
          "select_promotion|clicked_promotion|活动点击") \
    EVENT(8, "element_clicked", "Element clicked", "点击元素", "browse", "page", \
          "$autocapture|$WebClick|$AppClick|$MPClick|click|clicked|ta_app_click|ta_web_click|元素点击") \
    EVENT(9, "content_shared", "Content shared", "分享内容", "browse", "", \
          "product_shared|cart_shared|share|shared|$MPShare|ta_mp_share|分享") \
    EVENT(10, "video_played", "Video played", "观看视频", "browse", "", \
          "video_playback_started|video_content_started|video_started|播放视频") \
    EVENT(11, "live_room_entered", "Live room entered", "进入直播间", "browse", "touchpoint", \
          "live_entered|enter_live_room|live_room_viewed|观看直播") \
    EVENT(12, "favourite_added", "Favourite added", "添加收藏", "favourite", "sku", \
          "favorite_added|product_added_to_wishlist|add_to_wishlist|add_to_favorites|wishlist_product_added|收藏|收藏商品|加入心愿单") \
    EVENT(13, "favourite_removed", "Favourite removed", "取消收藏", "favourite", "sku", \
          "favorite_removed|product_removed_from_wishlist|remove_from_wishlist|移除收藏") \
    EVENT(14, "cart_added", "Cart added", "加入购物车", "cart", "sku, quantity, price", \
          "product_added|add_to_cart|added_to_cart|wishlist_product_added_to_cart|加购|加入购物袋") \
    EVENT(15, "cart_removed", "Cart removed", "移出购物车", "cart", "sku, quantity", \
          "product_removed|remove_from_cart|removed_from_cart|删除购物车商品") \
    EVENT(16, "cart_viewed", "Cart viewed", "查看购物车", "cart", "items", \
          "view_cart|viewed_cart") \
    EVENT(17, "checkout_started", "Checkout started", "开始结算", "cart", "amount, items", \
          "begin_checkout|initiate_checkout|initiated_checkout|started_checkout|去结算|提交结算") \
    EVENT(18, "checkout_step_completed", "Checkout step completed", "完成结算步骤", "cart", "", \
          "checkout_step_viewed|checkout_progress|payment_info_entered|add_payment_info|add_shipping_info") \
    EVENT(19, "order_created", "Order created", "创建订单", "order", "order, amount, items", \
          "order_placed|placed_order|order_submitted|submit_order|下单|提交订单|订单创建") \
    EVENT(20, "order_paid", "Order paid", "支付订单", "order", "order, amount, items", \
          "payment_succeeded|pay_order|付款成功|支付成功|订单支付") \
    EVENT(21, "order_shipped", "Order shipped", "订单发货", "order", "order", \
          "fulfilled_order|order_fulfilled|shipment_sent|发货") \
    EVENT(22, "order_delivered", "Order delivered", "订单签收", "order", "order", \
          "shipment_delivered|order_received|签收|确认收货") \
    EVENT(23, "order_done", "Order done", "交易成功", "order", "order", \
          "trade_success|order_finished|交易完成") \
    EVENT(24, "order_completed", "Order completed", "订单完成", "order", "order, amount, items", \
          "completed_order|purchase|purchased|checkout_completed|购买|完成订单") \
    EVENT(25, "order_updated", "Order updated", "修改订单", "order", "order", \
          "订单修改|订单更新") \
    EVENT(26, "order_cancelled", "Order cancelled", "取消订单", "order", "order", \
          "order_canceled|cancelled_order|canceled_order|cancel_order|order_closed|订单取消|订单关闭") \
    EVENT(27, "payment_failed", "Payment failed", "支付失败", "order", "order", \
          "order_payment_failed|pay_failed|付款失败") \
    EVENT(28, "delivery_delayed", "Delivery delayed", "物流延误", "order", "order", \
          "shipment_delayed|order_delayed|配送延迟|快递延误") \
    EVENT(29, "refund_requested", "Refund requested", "申请退款", "order", "order, amount, reason", \
          "return_requested|refund_applied|apply_refund|申请退货|退款申请") \
    EVENT(30, "refund_done", "Refund done", "退款完成", "order", "order, amount", \
          "order_refunded|refunded_order|refund|refund_completed|refund_succeeded|退款|退款成功") \
    EVENT(31, "exchange_requested", "Exchange requested", "申请换货", "order", "order, reason", \
          "order_exchange_requested|换货申请") \
    EVENT(32, "sale_made", "Sale made", "门店销售", "order", "store, amount, items", \
          "pos_sale|till_sale|offline_purchase|线下消费|到店消费|收银") \
    EVENT(33, "price_changed", "Price changed", "价格变动", "order", "sku, price, list_price", \
          "price_updated|调价|改价") \
    EVENT(34, "followed", "Followed", "关注", "relation", "channel", \
          "follow|subscribe|subscribed|official_account_followed|关注公众号|关注店铺") \
    EVENT(35, "unfollowed", "Unfollowed", "取消关注", "relation", "channel", \
          "unfollow|unsubscribe|unsubscribed|取关") \
    EVENT(36, "friend_added", "Friend added", "添加好友", "relation", "staff", \
          "add_external_contact|wecom_friend_added|contact_added|加好友|添加企业微信|添加企微") \
    EVENT(37, "friend_lost", "Friend lost", "好友流失", "relation", "staff", \
          "friend_removed|friend_deleted|del_follow_user|del_external_contact|contact_removed|删除好友|好友删除") \
    EVENT(38, "group_joined", "Group joined", "加入群聊", "relation", "group", \
          "join_group|group_chat_joined|入群|进群") \
    EVENT(39, "group_left", "Group left", "退出群聊", "relation", "group", \
          "leave_group|left_group|group_chat_left|退群") \
    EVENT(40, "referral_made", "Referral made", "推荐好友", "relation", "other", \
          "referred|invite_sent|invited|invite_friend|friend_referred|邀请好友|老带新") \
    EVENT(41, "gift_sent", "Gift sent", "送出礼物", "relation", "other", \
          "send_gift|gifted|赠送礼物|送礼") \
    EVENT(42, "gift_received", "Gift received", "收到礼物", "relation", "other", \
          "receive_gift|gift_claimed|领取礼物") \
    EVENT(43, "message_sent", "Message sent", "发送消息", "talk", "conversation, staff, text", \
          "send_message|发消息") \
    EVENT(44, "message_received", "Message received", "收到消息", "talk", "conversation, staff, text", \
          "receive_message|客户来信") \
    EVENT(45, "conversation_started", "Conversation started", "开始会话", "talk", "conversation", \
          "chat_started|live_chat_conversation_started|会话开始") \
    EVENT(46, "conversation_ended", "Conversation ended", "结束会话", "talk", "conversation", \
          "chat_ended|live_chat_conversation_ended|会话结束") \
    EVENT(47, "moment_viewed", "Moment viewed", "浏览朋友圈", "talk", "staff", \
          "moments_viewed|查看朋友圈") \
    EVENT(48, "moment_liked", "Moment liked", "点赞朋友圈", "talk", "staff", \
          "moments_liked|朋友圈点赞") \
    EVENT(49, "moment_commented", "Moment commented", "评论朋友圈", "talk", "staff", \
          "moments_commented|朋友圈评论") \
    EVENT(50, "call_started", "Call started", "开始通话", "talk", "staff", \
          "phone_call_started|call_made|call_received|通话开始|来电|去电") \
    EVENT(51, "call_ended", "Call ended", "结束通话", "talk", "staff", \
          "phone_call_ended|通话结束|挂断") \
    EVENT(52, "push_received", "Push received", "收到推送", "talk", "campaign", \
          "push_notification_received|push_delivered|$AppPushReceived|推送到达") \
    EVENT(53, "push_opened", "Push opened", "打开推送", "talk", "campaign", \
          "push_notification_tapped|push_notification_opened|push_clicked|$AppPushClick|点击推送|推送点击") \
    EVENT(54, "email_sent", "Email sent", "发送邮件", "talk", "campaign", \
          "email_delivered|sent_email") \
    EVENT(55, "email_opened", "Email opened", "打开邮件", "talk", "campaign", \
          "opened_email|邮件打开") \
    EVENT(56, "email_clicked", "Email clicked", "点击邮件", "talk", "campaign", \
          "email_link_clicked|clicked_email|邮件点击") \
    EVENT(57, "email_bounced", "Email bounced", "邮件退回", "talk", "campaign", \
          "email_hard_bounced|邮件退信") \
    EVENT(58, "sms_sent", "SMS sent", "发送短信", "talk", "campaign", \
          "sms_delivered|短信发送") \
    EVENT(59, "sms_clicked", "SMS clicked", "点击短信", "talk", "campaign", \
          "sms_link_clicked|短信点击") \
    EVENT(60, "qr_scanned", "QR code scanned", "扫码", "visit", "touchpoint", \
          "scan|scanned|qr_code_scanned|qrcode_scanned|code_scanned|扫描二维码|扫活码") \
    EVENT(61, "store_visited", "Store visited", "到店", "visit", "store", \
          "visit_store|store_entered|offline_visit|进店|门店到访") \
    EVENT(62, "trial_made", "Trial made", "试用试穿", "visit", "store, staff, sku", \
          "product_tried|sample_tried|fitting_made|试穿|试用|试妆") \
    EVENT(63, "appointment_made", "Appointment made", "预约", "visit", "store", \
          "appointment_booked|appointment_created|booking_made|book_appointment|提交预约|创建预约") \
    EVENT(64, "appointment_kept", "Appointment kept", "预约到店", "visit", "store", \
          "appointment_attended|appointment_completed|预约履约") \
    EVENT(65, "appointment_cancelled", "Appointment cancelled", "取消预约", "visit", "store", \
          "appointment_canceled|booking_cancelled|预约取消") \
    EVENT(66, "appointment_missed", "Appointment missed", "预约未到", "visit", "store", \
          "appointment_no_show|no_show|爽约") \
    EVENT(67, "survey_sent", "Survey sent", "发送问卷", "voice", "survey", \
          "survey_shown|survey_invited|问卷发送") \
    EVENT(68, "survey_answered", "Survey answered", "填写问卷", "voice", "survey, score", \
          "survey_submitted|survey_completed|survey_response|nps_submitted|提交问卷|问卷提交") \
    EVENT(69, "review_written", "Review written", "发表评价", "voice", "sku, score, text", \
          "product_reviewed|review_submitted|reviewed|商品评价|评价") \
    EVENT(70, "complaint_made", "Complaint made", "投诉", "voice", "text", \
          "complaint|complained|complaint_submitted|提交投诉") \
    EVENT(71, "ticket_opened", "Ticket opened", "创建工单", "voice", "ticket", \
          "ticket_created|case_opened|case_created|工单创建|提交工单") \
    EVENT(72, "ticket_closed", "Ticket closed", "关闭工单", "voice", "ticket", \
          "ticket_solved|ticket_resolved|case_closed|工单关闭|工单完结") \
    EVENT(73, "coupon_received", "Coupon received", "领取优惠券", "loyalty", "coupon", \
          "coupon_claimed|coupon_issued|get_coupon|领券|领取卡券") \
    EVENT(74, "coupon_used", "Coupon used", "使用优惠券", "loyalty", "coupon", \
          "coupon_applied|coupon_redeemed|use_coupon|核销优惠券|用券") \
    EVENT(75, "coupon_removed", "Coupon removed", "取消使用优惠券", "loyalty", "coupon", \
          "coupon_denied|coupon_returned|退券") \
    EVENT(76, "coupon_expired", "Coupon expired", "优惠券过期", "loyalty", "coupon", \
          "优惠券失效|券过期") \
    EVENT(77, "points_earned", "Points earned", "获得积分", "loyalty", "points", \
          "earn_points|points_added|points_awarded|积分发放|积分增加") \
    EVENT(78, "points_spent", "Points spent", "消耗积分", "loyalty", "points", \
          "spend_points|points_redeemed|points_used|积分兑换|积分扣减|使用积分") \
    EVENT(79, "points_expired", "Points expired", "积分过期", "loyalty", "points", \
          "积分失效") \
    EVENT(80, "member_joined", "Member joined", "加入会员", "loyalty", "programme", \
          "join_member|membership_joined|loyalty_joined|入会|成为会员|开卡") \
    EVENT(81, "member_left", "Member left", "退出会员", "loyalty", "programme", \
          "membership_cancelled|membership_left|退会|注销会员") \
    EVENT(82, "tier_changed", "Tier changed", "会员等级变更", "loyalty", "programme, tier", \
          "member_level_changed|level_changed|tier_upgraded|tier_downgraded|等级变更|会员升级|会员降级") \
    EVENT(83, "stored_value_charged", "Stored value charged", "储值充值", "loyalty", "amount", \
          "recharge|recharged|top_up|topped_up|充值|储值") \
    EVENT(84, "registered", "Registered", "注册", "account", "", \
          "register|registration|complete_registration|completed_registration|registration_completed|用户注册|注册成功|会员注册") \
    EVENT(85, "sign_up", "Signed up", "注册账号", "account", "", \
          "signed_up|$SignUp|signup|account_created|created_account|账号注册") \
    EVENT(86, "login", "Logged in", "登录", "account", "", \
          "log_in|logged_in|signed_in|sign_in|user_logged_in|用户登录|登录成功") \
    EVENT(87, "logout", "Logged out", "退出登录", "account", "", \
          "log_out|logged_out|signed_out|sign_out|登出|用户登出") \
    EVENT(88, "profile_updated", "Profile updated", "更新资料", "account", "", \
          "identify|$identify|$set|account_updated|updated_profile|修改资料|完善资料") \
    EVENT(89, "identifier_bound", "Identifier bound", "绑定标识", "account", "", \
          "$BindID|id_bound|phone_bound|bind_phone|绑定手机|绑定手机号") \
    EVENT(90, "identifier_unbound", "Identifier unbound", "解绑标识", "account", "", \
          "$UnbindID|id_unbound|phone_unbound|unbind_phone|解绑手机|解绑手机号") \
    EVENT(91, "consent_given", "Consent given", "同意授权", "account", "", \
          "consent_granted|gave_consent|opted_in|opt_in|授权同意|订阅营销") \
    EVENT(92, "consent_withdrawn", "Consent withdrawn", "撤回授权", "account", "", \
          "consent_revoked|withdrew_consent|opted_out|opt_out|取消授权|退订|退订营销") \
    EVENT(93, "account_deleted", "Account deleted", "注销账号", "account", "", \
          "deleted_account|account_closed|用户注销|账号注销") \
    EVENT(94, "app_installed", "App installed", "安装应用", "app", "", \
          "application_installed|$AppInstall|install|ta_app_install|first_open|激活应用|应用激活") \
    EVENT(95, "app_opened", "App opened", "打开应用", "app", "", \
          "application_opened|$AppStart|$MPLaunch|$MPShow|ta_app_start|ta_mp_launch|ta_mp_show|app_launched|启动应用|启动小程序|打开小程序") \
    EVENT(96, "app_closed", "App closed", "关闭应用", "app", "", \
          "application_backgrounded|$AppEnd|$MPHide|ta_app_end|ta_mp_hide|app_backgrounded|退出应用|退出小程序") \
    EVENT(97, "app_updated", "App updated", "更新应用", "app", "", \
          "application_updated|应用更新") \
    EVENT(98, "app_uninstalled", "App uninstalled", "卸载应用", "app", "", \
          "application_uninstalled|app_removed|应用卸载") \
    EVENT(99, "app_crashed", "App crashed", "应用崩溃", "app", "", \
          "application_crashed|$AppCrashed|ta_app_crash|崩溃") \
    EVENT(100, "form_submitted", "Form submitted", "提交表单", "account", "", \
          "submit_form|lead_submitted|generate_lead|lead_created|表单提交|留资") \
    EVENT(101, "exchange_done", "Exchange done", "换货完成", "order", "order", \
          "order_exchanged|exchange_completed|换货成功") \
    EVENT(102, "order_reassigned", "Order reassigned", "订单改归属", "order", "order, amount", \
          "小票补登|订单归属变更") \
    EVENT(103, "item_set", "Item set", "设置实体", "thing", "item_type, item_id", \
          "item_updated|$item_set|更新实体") \
    EVENT(104, "item_delete", "Item deleted", "删除实体", "thing", "item_type, item_id", \
          "item_deleted|$item_delete") \
    EVENT(105, "ad_cost_reported", "Ad cost reported", "投放消耗", "marketing", "channel, amount", \
          "ad_cost|ad_spend|cost_reported|ad_spend_reported|ad_cost_imported|广告消耗|广告花费|投放花费|推广费") \
    EVENT(106, "traits_computed", "Traits computed", "计算特质", "account", "", "")

/* Properties that are references (brand, channel, shop, store, staff, touchpoint, campaign, order, conversation, group)
 * become references of the envelope at the door. Segment's `total` is not an alias of amount: both may be there. */
#define STANDARD_PROPERTIES(PROPERTY) \
    PROPERTY("brand", "brand_name|brand_code|品牌") \
    PROPERTY("channel", "channel_name|channel_code|渠道") \
    PROPERTY("shop", "shop_id|shop_name|shop_code|seller_nick|店铺") \
    PROPERTY("store", "store_id|store_code|store_name|门店|门店编号") \
    PROPERTY("staff", "staff_id|employee_id|guide_id|ba_id|staff_code|导购|员工") \
    PROPERTY("touchpoint", "touchpoint_id|qr_code_id|qrcode_id|触点|活码") \
    PROPERTY("campaign", "campaign_id|campaign_name|utm_campaign|$utm_campaign|promotion_id|活动") \
    PROPERTY("order", "order_id|order_no|order_number|order_sn|trade_no|transaction_id|订单号|订单编号") \
    PROPERTY("conversation", "conversation_id|chat_session_id|会话") \
    PROPERTY("group", "group_chat_id|chat_id|群聊") \
    PROPERTY("amount", "revenue|order_amount|pay_amount|paid_amount|payment_amount|total_amount|order_revenue|金额|实付金额|支付金额") \
    PROPERTY("currency", "currency_code|币种") \
    PROPERTY("discount", "discount_amount|discount_value|优惠金额") \
    PROPERTY("freight", "shipping|shipping_fee|shipping_cost|post_fee|postage|运费") \
    PROPERTY("coupon", "coupon_id|coupon_code|coupon_name|voucher|优惠券") \
    PROPERTY("sku", "sku_id|sku_code|variant_id|商品编码") \
    PROPERTY("spu", "spu_id|spu_code|product_id|item_id|goods_id|num_iid|content_id|商品id") \
    PROPERTY("name", "product_name|item_name|goods_name|title_of_product|商品名称") \
    PROPERTY("category", "category_name|product_category|item_category|类目|品类|分类") \
    PROPERTY("price", "unit_price|item_price|product_price|单价|价格") \
    PROPERTY("list_price", "original_price|market_price|tag_price|吊牌价|原价") \
    PROPERTY("quantity", "qty|item_quantity|product_quantity|数量") \
    PROPERTY("keyword", "query|search_query|search_term|search_keyword|搜索词|关键词") \
    PROPERTY("results", "result_count|results_count|search_results_count|结果数") \
    PROPERTY("page", "page_path|$url_path|path|$pathname|页面") \
    PROPERTY("referrer", "$referrer|referer|page_referrer|来源页面") \
    PROPERTY("points", "points_amount|point|积分") \
    PROPERTY("programme", "program|program_id|programme_id|membership_program|会员计划") \
    PROPERTY("tier", "tier_name|member_level|membership_tier|会员等级|等级") \
    PROPERTY("survey", "survey_id|questionnaire_id|$survey_id|问卷") \
    PROPERTY("score", "rating|stars|nps_score|评分|得分") \
    PROPERTY("text", "review_body|message_text|content_text|内容") \
    PROPERTY("ticket", "ticket_id|case_id|工单") \
    PROPERTY("reason", "refund_reason|cancel_reason|return_reason|原因|退款原因")
/* clang-format on */

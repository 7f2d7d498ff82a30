#include "lib/phone.h"

#include "testing/test.h"

struct sample {
    const char *raw;
    const char *want; /* the number, or the reason's word */
};

static void samples_check(struct t *t, const char *country, const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct phone phone = {0};
        enum phone_reason reason = phone_normalise(bytes_of_text(samples[i].raw), country, &phone);
        const char *got = reason == PHONE_OK ? phone.text : phone_reason_name(reason);
        if (strcmp(got, samples[i].want) != 0)
            test_fail(t, __FILE__, __LINE__, "\"%s\" in %s: got %s, want %s", samples[i].raw, country, got, samples[i].want);
        if (reason == PHONE_OK)
            CHECK_EQ(t, phone.size, strlen(phone.text));
    }
}

static void mainland_numbers(struct t *t)
{
    static const struct sample samples[] = {
        {"13812345678", "+8613812345678"},
        {"+8613812345678", "+8613812345678"},
        {"8613812345678", "+8613812345678"},
        {"008613812345678", "+8613812345678"},
        {"013812345678", "+8613812345678"},
        {"+86 138-1234-5678", "+8613812345678"},
        {"+86 138 0013 8000", "+8613800138000"},
        {"(+86)13812345678", "+8613812345678"},
        {"（＋８６）１３８　１２３４　５６７８", "+8613812345678"},
        {"１３８１２３４５６７８", "+8613812345678"},
        {"138－1234－5678", "+8613812345678"},
        {"138–1234—5678", "+8613812345678"},
        {"'13812345678", "+8613812345678"},
        {"\xef\xbb\xbf" "13812345678\r\n", "+8613812345678"},
        {"\xe2\x80\xad" "13812345678\xe2\x80\xac", "+8613812345678"}, /* copied out of an address book */
        {"19912345678", "+8619912345678"},
        {"17012341234", "+8617012341234"},
        {"170-1234-1234", "+8617012341234"},
        {"021-12345678", "+862112345678"},
        {"(021) 1234 5678", "+862112345678"},
        {"010-62785001", "+861062785001"},
        {"+86 10 6278 5001", "+861062785001"},
        {"+86 (0)10 6278 5001", "+861062785001"},
        {"86-21-12345678", "+862112345678"},
        {"0755-86123456", "+8675586123456"},
        {"0951-1234567", "+869511234567"},
        {"+86 951 1234567", "+869511234567"},
    };
    samples_check(t, "86", samples, COUNT_OF(samples));
}

static void numbers_that_identify_nobody(struct t *t)
{
    static const struct sample samples[] = {
        {"", "empty"}, {"  ", "empty"}, {"-", "empty"}, {"（）", "empty"}, {"　", "empty"},
        {"138****1234", "masked"}, {"138＊＊＊＊1234", "masked"}, {"138xxxx1234", "masked"}, {"138XXXX1234", "masked"},
        {"138••••1234", "masked"}, {"138●●●●1234", "masked"}, {"138****1234转5678", "masked"},
        {"13800001234转1234", "virtual"}, {"13800001234 轉 1234", "virtual"}, {"13800001234-1234", "virtual"},
        {"17000001234-1234", "virtual"}, {"+86 13800001234-12", "virtual"}, {"13800001234,1234", "virtual"},
        {"13800001234，1234", "virtual"}, {"13800001234#1234", "virtual"}, {"13800001234ext1234", "virtual"},
        {"13800001234 EXT 1234", "virtual"}, {"13800001234x1234", "virtual"}, {"13800001234分机1234", "virtual"},
        {"021-12345678-801", "virtual"}, {"138-0000-1234-5678", "virtual"},
        {"1.38E+10", "scientific"}, {"1.3812345678E10", "scientific"}, {"１．３８Ｅ＋１０", "scientific"},
        {"13812345678.0", "scientific"}, {"13812345678.00", "scientific"}, {"1e10", "scientific"},
        {"4001234567", "service"}, {"400-123-4567", "service"}, {"800 820 8820", "service"}, {"95588", "service"},
        {"95013123456789", "service"}, {"10086", "service"}, {"110", "service"}, {"12315", "service"},
        {"10690123456789", "service"}, {"+86 4001234567", "service"}, {"400-1234567-12", "service"},
        {"1381234567", "bad_length"}, {"138123456789", "bad_length"}, {"12812345678", "bad_length"},
        {"12345678", "bad_length"}, {"0", "bad_length"}, {"00", "bad_length"}, {"+86", "bad_length"},
        {"+0123456789", "bad_length"}, {"91234567", "bad_length"}, {"0912345678", "bad_length"},
        {"13812345678(1234)", "bad_length"}, {"+1234567890123456", "bad_length"},
        {"1111111111111111111111111111111111111111111111111111111111111111111111111111", "bad_length"},
        {"无", "bad_character"}, {"abc", "bad_character"}, {"1381234567a", "bad_character"},
        {"138.1234.5678", "bad_character"}, {"13812345678/13912345678", "bad_character"},
        {"13812345678,13912345678", "bad_character"}, {"13812345678、13912345678", "bad_character"},
        {"138+12345678", "bad_character"}, {"一三八一二三四五六七八", "bad_character"}, {"📱13812345678", "bad_character"},
        {"13812345678\xff", "bad_character"}, {"转1234", "bad_character"},
    };
    samples_check(t, "86", samples, COUNT_OF(samples));
    struct phone phone;
    CHECK_EQ(t, phone_normalise(bytes_of("13812345678\0", 12), "86", &phone), PHONE_BAD_CHARACTER);
}

static void the_numbers_of_others(struct t *t)
{
    static const struct sample anywhere[] = {
        {"+852 9123 4567", "+85291234567"}, {"0085291234567", "+85291234567"}, {"+852-9123-4567", "+85291234567"},
        {"+853 6612 3456", "+85366123456"}, {"+886 912 345 678", "+886912345678"}, {"+886 0912345678", "+886912345678"},
        {"+886-2-1234-5678", "+886212345678"}, {"+886-2-2345-6789", "+886223456789"},
        {"+852 912345678", "bad_length"}, {"+853 123456", "bad_length"}, {"+886 812", "bad_length"},
        {"+1 (212) 555-1234", "+12125551234"}, {"+44 (0)20 7946 0000", "+442079460000"}, {"001 212 555 1234", "+12125551234"},
        {"+65 6123 4567", "+6561234567"}, {"+999999", "bad_length"},
    };
    samples_check(t, "86", anywhere, COUNT_OF(anywhere));
    samples_check(t, "81", anywhere, COUNT_OF(anywhere));
    static const struct sample hong_kong[] = {
        {"9123 4567", "+85291234567"}, {"9123-4567", "+85291234567"}, {"85291234567", "+85291234567"},
        {"85212345", "+85285212345"}, {"13812345678", "bad_length"}, {"+8613812345678", "+8613812345678"},
        {"91234567-12", "virtual"},
    };
    samples_check(t, "852", hong_kong, COUNT_OF(hong_kong));
    static const struct sample taiwan[] = {
        {"0912345678", "+886912345678"}, {"0912-345-678", "+886912345678"}, {"886912345678", "+886912345678"},
        {"(02) 2345-6789", "+886223456789"}, {"912345678", "bad_length"},
    };
    samples_check(t, "886", taiwan, COUNT_OF(taiwan));
    static const struct sample macao[] = {{"66123456", "+85366123456"}};
    samples_check(t, "853", macao, COUNT_OF(macao));
    static const struct sample japan[] = {{"09012345678", "bad_length"}, {"+81 90 1234 5678", "+819012345678"}};
    samples_check(t, "81", japan, COUNT_OF(japan));
}

static void the_last_four_digits(struct t *t)
{
    struct phone phone;
    REQUIRE(t, phone_normalise(BYTES_LIT("138 1234 5678"), "86", &phone) == PHONE_OK);
    CHECK_TEXT(t, phone_last4(&phone), "5678");
}

static void a_refusal_writes_nothing(struct t *t)
{
    struct phone phone, before;
    memset(&phone, 0x5A, sizeof phone);
    memset(&before, 0x5A, sizeof before);
    CHECK(t, phone_normalise(BYTES_LIT("138****1234"), "86", &phone) == PHONE_MASKED);
    CHECK(t, phone_normalise(BYTES_LIT("13800001234-1234"), "86", &phone) == PHONE_VIRTUAL);
    CHECK(t, memcmp(&phone, &before, sizeof phone) == 0);
}

static const struct test tests[] = {
    {"mainland numbers", mainland_numbers, 1},
    {"numbers that identify nobody", numbers_that_identify_nobody, 1},
    {"the numbers of others", the_numbers_of_others, 1},
    {"the last four digits", the_last_four_digits, 1},
    {"a refusal writes nothing", a_refusal_writes_nothing, 1},
};
TEST_MAIN(tests)

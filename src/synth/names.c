#include "synth/names.h"

#include <assert.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/rng.h"

static const char *const surnames[] = {
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾",
    "彭", "吕", "苏", "卢", "蒋", "蔡", "贾", "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪",
    "田", "任", "姜", "范", "方", "石", "姚", "谭", "廖", "邹", "熊", "金", "陆", "郝", "孔", "白", "崔", "康", "毛",
    "邱", "秦", "江", "史", "欧阳", "司徒", "上官", "诸葛",
};
static const char *const surnames_traditional[] = {
    "陳", "黃", "張", "劉", "楊", "吳", "鄭", "許", "謝", "羅", "葉", "蘇", "盧", "鍾", "馮", "鄧", "蕭", "趙",
    "歐陽", "賴",
};
static const char *const given_female[] = {
    "婷", "静", "丽", "娜", "芳", "敏", "雪", "颖", "琳", "倩", "雨", "欣", "怡", "佳", "梦", "涵", "诗", "琪", "雅",
    "慧", "洁", "莹", "露", "瑶", "蕾", "萱", "妍", "晴", "岚", "月", "小雅", "思颖", "梓涵", "雨桐", "一诺", "欣怡",
};
static const char *const given_male[] = {
    "伟", "强", "磊", "军", "洋", "勇", "杰", "涛", "明", "超", "浩", "宇", "鑫", "鹏", "斌", "凯", "博", "晨", "轩",
    "然", "泽", "子", "俊", "峰", "龙", "建", "国", "志", "文", "辉", "小明", "浩然", "子轩", "宇航", "嘉豪", "建国",
};
static const char *const given_traditional[] = {
    "慧儀", "淑芬", "雅雯", "嘉穎", "詩婷", "曉嵐", "麗華", "國榮", "志偉", "家豪", "俊傑", "偉倫", "啟賢", "鳳儀",
    "寶珠", "龍飛",
};
static const char *const given_rare[] = {
    "喆", "犇", "䶮", "𠮷", "㛃", "堃", "翀", "燚", "𬍛", "昇昱", "垚", "玥彤", "㚈", "淼", "骉", "𣲗",
};
static const char *const dotted[] = {
    "阿依古丽·买买提", "阿依努尔·卡德尔", "古丽努尔·吐尔逊", "艾克拜尔·米吉提", "扎西·多吉", "卓玛·央金",
    "巴特尔·苏和", "其其格·乌兰",
};
static const char *const english[] = {
    "Amy", "Kevin", "Grace", "Jason", "Vivian", "Leo", "Chloe", "Eric", "Mia", "Tony", "Renée", "Zoë", "D'Arcy",
    "Cindy",
};
static const char *const english_surnames[] = {
    "Chen", "Wang", "Li", "Lam", "Wong", "Ho", "Tsai", "Lü", "Ng", "Cheung",
};

static const char *const nick_words[] = {
    "小鱼", "奶茶不加糖", "一只鹿", "momo", "晚风", "爱吃糖的猫", "Luna", "橘子汽水", "南方姑娘", "阿May", "慢慢来",
    "星星", "豆豆妈", "周末去爬山", "Jerry哥", "云朵", "不想上班", "小确幸", "柠檬精", "熊熊",
};
static const char *const nick_marks[] = {
    "🌸", "🐱", "✨", "👩‍👧", "🍑", "❤️", "🌈", "☕️", "🇨🇳", "💪🏻", "~", "°",
};

#define SINGLE_COUNT 30 /* that many given names at the front of both lists are one character */
static_assert(COUNT_OF(given_female) > SINGLE_COUNT && COUNT_OF(given_male) == COUNT_OF(given_female), "see above");

#define PICK(list, hash) ((list)[(hash) % COUNT_OF(list)])

/* The smaller of two draws: surnames at the front of the list are common, those at its end rare. */
static const char *surname_draw(uint64_t hash)
{
    uint64_t a = hash % COUNT_OF(surnames), b = (hash >> 24) % COUNT_OF(surnames);
    return surnames[a < b ? a : b];
}

void synth_name_make(struct name_ask ask, char out_name[NAME_BYTES])
{
    uint64_t h = ask.hash, h2 = rng_mix(h);
    const char *first = surname_draw(h), *second = "", *third = "";
    switch (ask.style) {
    case NAME_PLAIN:
        second = ask.female ? PICK(given_female, h2) : PICK(given_male, h2);
        if ((h2 >> 40) % 2 == 0 && h2 % COUNT_OF(given_female) < SINGLE_COUNT)
            third = ask.female ? given_female[(h2 >> 20) % SINGLE_COUNT] : given_male[(h2 >> 20) % SINGLE_COUNT];
        break;
    case NAME_TRADITIONAL:
        first = PICK(surnames_traditional, h);
        second = PICK(given_traditional, h2);
        break;
    case NAME_RARE:
        second = PICK(given_rare, h2);
        break;
    case NAME_DOTTED:
        first = PICK(dotted, h2);
        break;
    case NAME_ENGLISH:
        first = PICK(english, h2);
        second = " ";
        third = PICK(english_surnames, h2 >> 20);
        break;
    }
    (void)snprintf(out_name, NAME_BYTES, "%s%s%s", first, second, third);
}

void synth_nickname_make(uint64_t hash, char out_name[NAME_BYTES])
{
    const char *mark = hash >> 40 & 1 ? PICK(nick_marks, hash >> 16) : "";
    const char *word = PICK(nick_words, hash);
    if (hash >> 41 & 1)
        (void)snprintf(out_name, NAME_BYTES, "%s%s", word, mark);
    else
        (void)snprintf(out_name, NAME_BYTES, "%s%s%s", mark, word, mark);
}

"""Stories of files as they come from shops: each bad thing goes through the real `kith import`, in both languages; what is wrong is said with its file,
line and column, and the rest goes in."""
import csv
import io
import json
import pathlib
import zipfile

from daemon import Daemon, kith

ORDER_MAP = {
    'source': 'shop', 'zone': 'Asia/Shanghai', 'group': '订单号', 'encoding': None,
    'order': {'shop': '${店铺}', 'number': '${订单号}', 'modified': '@{下单时间}', 'states': {'created': '@{下单时间}', 'paid': '@{下单时间}'},
              'buyer': [{'type': 'phone', 'value': '${手机}'}], 'payment': {'total': '#{总额}'},
              'lines': {'$rows': {'line': '${行}', 'sku': '${行}', 'quantity': '#{数量}', 'paid': '#{金额}'}}},
}
HEAD = '店铺,订单号,下单时间,手机,行,数量,金额,总额'


class Desk:
    """A daemon, and a folder with files for it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.daemon = Daemon(self.folder / 'data')
        self.daemon.start()
        self.daemon.wait_ready()

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def map(self, name, **changes):
        own = {key: value for key, value in {**ORDER_MAP, **changes}.items() if value is not None}
        return self.file(name, json.dumps(own, ensure_ascii=False))

    def said(self, path, map_path, language, *more):
        """(exit code, what was printed, the reasons as (line, column, words))"""
        rejects = self.folder / f'{path.name}.rejects.csv'
        rejects.unlink(missing_ok=True)
        by_map = ['--map', map_path] if map_path else []
        code, words = kith('import', path, *by_map, '--rejects', rejects, '--url', f'http://127.0.0.1:{self.daemon.port}',
                           '--folder', self.daemon.folder, *more, KITH_LANG=language)
        rows = list(csv.reader(rejects.open(encoding='utf-8-sig', newline=''))) if rejects.exists() else []
        return code, words, [tuple(row[1:4]) for row in rows[1:]]

    def check(self, path, map_path, *, code=1, words=('', ''), reasons=()):
        """`words` and the last of each of `reasons` are said in English and in Chinese."""
        for at, language in enumerate(('en', 'zh')):
            got_code, got_words, got = self.said(path, map_path, language)
            want = [(str(line), column, why[at]) for line, column, *why in reasons]
            assert got == want, f'{language}:\n got {got}\nwant {want}\n{got_words}'
            assert got_code == code and words[at] in got_words, (language, got_code, got_words)

    def order(self, shop, number):
        status, answer = self.daemon.ask('GET', f'/api/v1/orders/{shop}/{number}')
        assert status == 200, (shop, number, answer)
        return answer

    def close(self):
        assert self.daemon.stop() == 0


def sheet(cells, merges=()):
    """A workbook of one sheet: rows of texts."""
    def cell(row, column, text):
        return f'<c r="{chr(65 + column)}{row}" t="inlineStr"><is><t>{text}</t></is></c>' if text else ''
    rows = ''.join(f'<row r="{y}">' + ''.join(cell(y, x, text) for x, text in enumerate(texts)) + '</row>' for y, texts in enumerate(cells, 1))
    ranges = ''.join(f'<mergeCell ref="{r}"/>' for r in merges)
    return book(f'<worksheet><sheetData>{rows}</sheetData><mergeCells>{ranges}</mergeCells></worksheet>'.encode())


def book(sheet_part):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr('xl/workbook.xml', '<workbook xmlns:r="r"><sheets><sheet name="订单" r:id="rId1"/></sheets></workbook>')
        archive.writestr('xl/_rels/workbook.xml.rels', '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>')
        archive.writestr('xl/worksheets/sheet1.xml', sheet_part)
    return out.getvalue()


def cells_that_people_write(folder):
    """Dates in three forms, amounts with signs and commas, negative quantities, two encodings in one file."""
    desk = Desk(folder)
    plain = desk.map('map.json')
    lines = [HEAD, 'A,1,2026年11月11日 8时5分,13800000001,1,1,"¥1,234.50","1,234.50元"', 'A,2,2026/11/11 8:05,13800000002,1,-2,(20.00),-20',
             'A,3,46337.33680555556,13800000003,1,２,￥3,3.00', 'A,4,03/04/2026,13800000004,1,1,1,1', 'A,5,08:05:00,13800000005,1,1,1,1',
             'A,6,明天,13800000006,1,1,1,1', 'A,7,2026-11-11,13800000007,1,"1,5",1,1', 'A,8,2026-11-11,13800000008,1,x,1,1',
             '1.38E+10,9,2026-11-11,13800000009,1,1,1,1', 'A,10,2026-11-11,1.38E+10,1,1,1,1', 'A,11,2026-11-11,13800000011,1,#N/A,1,1', 'A,12,2026-11-11,13800000012,1,1,1.999,1']
    path = desk.file('o.csv', '\n'.join(lines) + '\n')
    cut = ("'08:05:00' is a time without its day", "'08:05:00' 只有时刻,没有日期")
    lossy = ("'1.38E+10' has lost digits: export the column as text", "'1.38E+10' 已丢失位数:请将该列以文本格式导出")
    desk.check(path, plain, reasons=[
        (5, '下单时间', "'03/04/2026' may be read with the day or the month first: the map says \"dates\": \"dmy\" or \"mdy\"",
         "'03/04/2026' 的日、月顺序不明:请在映射中写明 \"dates\":\"dmy\" 或 \"mdy\""),
        (6, '下单时间', *cut), (7, '下单时间', "'明天' is no time", "'明天' 不是时间"), (8, '数量', "'1,5' is no number", "'1,5' 不是数字"),
        (9, '数量', "'x' is no number", "'x' 不是数字"), (10, '店铺', *lossy), (11, '手机', *lossy),
        (12, '数量', "'#N/A' is what Excel shows instead of a value", "'#N/A' 是 Excel 的错误值,不是数据"),
        (13, '金额', 'lines: [0]: 1: paid: an amount of CNY has at most 2 digits behind the point', 'lines:[0]:1:paid:CNY 金额至多 2 位小数,且须在范围之内')],
        words=('9 are faulty', '有误 9'))
    first, second, third = (desk.order('A', number) for number in (1, 2, 3))
    assert [order['states']['created'] for order in (first, second, third)] == ['2026-11-11T00:05:00.000Z'] * 3, (first, second, third)
    assert [order['sums']['amount'] for order in (first, second, third)] == [1234.5, -20, 3], (first, second, third)
    both = desk.file('both.csv', (HEAD + '\nB,1,2026-11-11,,1,1,1,1\n').encode() + '乙店,2,2026-11-11,,1,1,1,1\n'.encode('gb18030'))
    desk.check(both, plain, code=0, words=('1 rows were in GB18030', '1 行为 GB18030 编码'))
    assert desk.order('%E4%B9%99%E5%BA%97', 2)['shop'] == '乙店'
    desk.check(both, desk.map('utf8.json', encoding='utf-8'), reasons=[
        (3, '', 'not UTF-8: if the file is in GB18030 or GBK, the map says so with "encoding": "gb18030"',
         '不是 UTF-8:如果文件是 GB18030 或 GBK,请在映射中写明 "encoding":"gb18030"')])
    desk.close()


def headers_of_two_lines_and_merged_cells(folder):
    desk = Desk(folder)
    two = desk.map('two.json', header=[1, 2], group='订单/号', order={
        'shop': 'X', 'number': '${订单/号}', 'modified': '@{订单/时间}', 'lines': {'$rows': {'line': '${商品/行}', 'quantity': '#{商品/数量}'}}})
    rows = [['订单', '', '商品', ''], ['号', '时间', '行', '数量'], ['1', '2026-11-11', 'a', '1'], ['', '', 'b', '2'], ['2', '2026-11-11', 'a', 'x']]
    path = desk.file('merged.xlsx', sheet(rows, ['A1:B1', 'C1:D1', 'A3:A4', 'B3:B4']))
    desk.check(path, two, reasons=[(5, '商品/数量', "'x' is no number", "'x' 不是数字")])
    assert len(desk.order('X', 1)['lines']) == 2
    one = desk.map('one.json')
    desk.check(path, one, words=('the map: there is no column "订单号"; did you mean "订单"?', '映射:没有「订单号」这一列;是不是「订单」?'))
    desk.close()


def columns_that_are_not_there(folder):
    desk = Desk(folder)
    path = desk.file('o.csv', HEAD.replace('数量', '购买数量') + '\nA,1,2026-11-11,,1,1,1,1\n')
    desk.check(path, desk.map('map.json'), words=(
        'o.csv: the map: "order": "lines": "quantity": there is no column "数量"; did you mean "购买数量"?',
        'o.csv:映射:"order":"lines":"quantity":没有「数量」这一列;是不是「购买数量」?'))
    desk.check(path, desk.map('group.json', group='单号'), words=(
        'o.csv: the map: there is no column "单号"; did you mean "订单号"?', 'o.csv:映射:没有「单号」这一列;是不是「订单号」?'))
    desk.check(path, desk.map('skip.json', skip={'状态码': ['x']}), words=('there is no column "状态码"', '没有「状态码」这一列'))
    desk.check(path, desk.file('faulty.json', '{"evnt": {}}'), words=('the map: there is no member "evnt"; the nearest is "event"', '映射:没有「evnt」这个成员;最接近的是「event」'))
    desk.check(path, desk.file('broken.json', '{"event": {"a": '), words=('the map: line 1, column', '映射:第 1 行第 '))
    desk.check(path, desk.folder / 'none.json', words=('none.json: No such file or directory', '没有这个文件或目录:'))
    desk.close()


def orders_that_look_wrong(folder):
    """They go in: an order under two shops is two orders, a total that isn't the lines' is told and shown."""
    desk = Desk(folder)
    lines = [HEAD, 'A,1,2026-11-11,,1,1,99,199', 'A,1,2026-11-11,,2,1,100,199', 'A,2,2026-11-11,,1,1,99,205', 'A,2,2026-11-11,,2,1,100,205',
             'B,1,2026-11-11,,1,1,50,50', 'A,3,2026-11-11,,1,1,99,99', 'A,3,2026-11-11,,2,一,100,199']
    path = desk.file('o.csv', '\n'.join(lines) + '\n')
    for language, total, shop, count in (
            ('en', 'o.csv, line 4: order 2: its total is 205.00, and its lines, with discounts and freight, come to 199.00',
             'o.csv, line 6: order 1 stands under another shop than B, too: these are two orders', '2 orders went in that look wrong.'),
            ('zh', 'o.csv,第 4 行:订单 2:总额为 205.00,而各行加运费减优惠共 199.00', 'o.csv,第 6 行:订单 1 除店铺 B 外也出现在另一店铺下:按两个订单处理',
             '2 个订单已导入,但看起来有误。')):
        code, words, reasons = desk.said(path, desk.map('map.json'), language)
        assert code == 1 and total in words and shop in words and count in words, words
        why = {'en': "line 8: '一' is no number", 'zh': "第 8 行:'一' 不是数字"}[language]
        assert reasons == [('7', '数量', why), ('8', '数量', why)], reasons
        _, words, _ = desk.said(path, desk.map('map.json'), language, '--preview', '9')
        assert total.removeprefix('o.csv, ').removeprefix('o.csv,') in words and why.removeprefix('line 8: ').removeprefix('第 8 行:') in words, words
    assert desk.order('A', 2)['sums']['differs_by'] == 6
    assert len(desk.order('A', 1)['lines']) == 2 and len(desk.order('B', 1)['lines']) == 1
    files = {shop: desk.file(f'{shop}.csv', f'{HEAD}\n{shop},77,2026-11-11,13800000077,1,1,{ord(shop)},{ord(shop)}\n') for shop in 'CD'}
    for shop, told in (('C', ('1 rows: 1 taken in', '1 行:')), ('D', (  # imported apart
            'D.csv, line 2: order 77 of D stands under C in the workspace: these are two orders', 'D.csv,第 2 行:订单 77(店铺 D)在工作区中也出现在店铺 C 下:按两个订单处理'))):
        desk.check(files[shop], desk.map('map.json'), code=0, words=told)
    assert [desk.order(shop, 77)['sums']['amount'] for shop in 'CD'] == [67, 68]
    desk.close()


def lines_that_are_no_events(folder):
    desk = Desk(folder)
    path = desk.file('e.ndjson', '{"event":"a"\n[1]\n{"event":"x","time":"soon"}\n{"event":"y"}\n' + ' ' * 70000 + 'x\n{"event":"z","id":"\\q"}\n')
    time = ("time: 'soon' is not a time: want 2026-11-22T03:04:05.678Z or with an offset such as +08:00",
            "time:'soon' 不是时间:应如 2026-11-22T03:04:05.678Z,或带时区偏移如 +08:00")
    desk.check(path, None, reasons=[
        (2, '', 'a line is one event, an object: {"event":…}', '每行应为一个事件对象:{"event":…}'),
        (5, '', 'the line is longer than 65536 bytes', '该行超过 65536 字节'),
        (1, '', 'column 13 (byte 12): the text ends too early', '第 13 列(第 12 字节):内容不完整,提前结束'), (3, '', *time),
        (6, '', 'column 20 (byte 19): a backslash before a character that has no such form', '第 20 列(第 19 字节):反斜杠之后的字符没有这种写法')])
    table = desk.file('t.ndjson', '{"no":"1"}\n[2]\n{"no":\n')
    desk.check(table, desk.file('t.json', '{"event":{"event":"x","properties":{"no":"${no}"}}}'), reasons=[
        (2, '', 'a line is one object', '每行应为一个对象'), (3, '', 'column 7 (byte 6): the text ends too early', '第 7 列(第 6 字节):内容不完整,提前结束')])
    desk.close()


def lines_and_archives_without_end(folder):
    desk = Desk(folder)
    good = 'A,1,2026-11-11,,1,1,1,1\n'
    plain = desk.map('map.json')
    wide = desk.file('wide.csv', f'{HEAD}\n{good}' + ',' * 1000000 + '\nA,2,2026-11-11,,1,1,1,1\n' + 'x' * 3000000 + '\nA,3,2026-11-11,,1,1,1,1,9\n')
    desk.check(wide, plain, reasons=[
        (3, '', 'the row has more than 1024 cells', '该行超过 1024 个单元格'), (5, '', 'the row is longer than 65536 bytes', '该行超过 65536 字节'),
        (6, '', 'the row has 9 cells, and there are 8 columns', '该行有 9 个单元格,而列只有 8 个')])
    assert desk.order('A', 2)['sums']['amount'] == 1
    header = desk.file('header.csv', 'x,' * 1000000 + '\n' + good)
    desk.check(header, plain, words=('line 1 must name the columns: the row has more than 1024 cells', '第 1 行应为列名:该行超过 1024 个单元格'))
    quote = desk.file('quote.csv', f'{HEAD}\nA,4,2026-11-11,"13800000001,1,1,1,1\nA,5,2026-11-11,,1,1,1,1\n')
    desk.check(quote, plain, reasons=[(2, '', 'a quote is opened and never closed', '引号打开后没有关闭')])
    assert desk.order('A', 5)['sums']['amount'] == 1
    rows = b'<row r="1"><c t="inlineStr"><is><t>a</t></is></c></row>' + b'<row><c><v>1</v></c></row>' * 10
    bomb = desk.file('bomb.xlsx', book(b'<worksheet><sheetData>' + rows + b' ' * (200 << 20) + b'</sheetData></worksheet>'))
    assert bomb.stat().st_size < 1 << 20
    desk.check(bomb, plain, words=('bomb.xlsx: the part xl/worksheets/sheet1.xml unpacks to more than 200 times its size',
                                   'bomb.xlsx:工作簿的部件 xl/worksheets/sheet1.xml 解压后超过其大小的 200 倍'))
    entity = desk.file('entity.xlsx', book(b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'))
    desk.check(entity, plain, words=('holds more than a workbook may, or a document type', '内容超限,或含有文档类型声明'))
    desk.check(desk.file('torn.xlsx', sheet([['a']])[:-30]), plain, words=("can't be opened as a workbook", '无法作为工作簿打开'))
    desk.check(desk.file('old.xls', b'\xd0\xcf\x11\xe0' + bytes(100)), plain, words=('an .xls of old', '旧版 .xls'))
    desk.check(desk.file('wide16.csv', HEAD.encode('utf-16')), plain, words=('the file is in UTF-16', '文件是 UTF-16'))
    desk.check(desk.file('empty.csv', ''), plain, words=('a line must name the columns, and there is none', '应有一行列名,但没有'))
    desk.close()


STORIES = [cells_that_people_write, headers_of_two_lines_and_merged_cells, columns_that_are_not_there, orders_that_look_wrong,
           lines_that_are_no_events, lines_and_archives_without_end]

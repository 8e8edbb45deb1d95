"""Names of places. The register knows Chinese names only; those most met with have an English one here."""

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language

from healthcode.domain.divisions import is_code, parents

# Provinces, the prefectures and counties of Zhejiang, and the districts of Beijing that were risk areas in 2020.
_ENGLISH_TABLE = """
110000 Beijing|120000 Tianjin|130000 Hebei|140000 Shanxi|150000 Inner Mongolia|210000 Liaoning|220000 Jilin
230000 Heilongjiang|310000 Shanghai|320000 Jiangsu|330000 Zhejiang|340000 Anhui|350000 Fujian|360000 Jiangxi
370000 Shandong|410000 Henan|420000 Hubei|430000 Hunan|440000 Guangdong|450000 Guangxi|460000 Hainan
500000 Chongqing|510000 Sichuan|520000 Guizhou|530000 Yunnan|540000 Tibet|610000 Shaanxi|620000 Gansu
630000 Qinghai|640000 Ningxia|650000 Xinjiang|710000 Taiwan|810000 Hong Kong|820000 Macao
330100 Hangzhou|330102 Shangcheng|330105 Gongshu|330106 Xihu|330108 Binjiang|330109 Xiaoshan|330110 Yuhang
330111 Fuyang|330112 Lin'an|330113 Linping|330114 Qiantang|330122 Tonglu|330127 Chun'an|330182 Jiande
330103 Xiacheng|330104 Jianggan
330200 Ningbo|330203 Haishu|330205 Jiangbei|330206 Beilun|330211 Zhenhai|330212 Yinzhou|330213 Fenghua
330225 Xiangshan|330226 Ninghai|330281 Yuyao|330282 Cixi
330300 Wenzhou|330302 Lucheng|330303 Longwan|330304 Ouhai|330305 Dongtou|330324 Yongjia|330326 Pingyang
330327 Cangnan|330328 Wencheng|330329 Taishun|330381 Rui'an|330382 Yueqing|330383 Longgang
330400 Jiaxing|330402 Nanhu|330411 Xiuzhou|330421 Jiashan|330424 Haiyan|330481 Haining|330482 Pinghu|330483 Tongxiang
330500 Huzhou|330502 Wuxing|330503 Nanxun|330521 Deqing|330522 Changxing|330523 Anji
330600 Shaoxing|330602 Yuecheng|330603 Keqiao|330604 Shangyu|330624 Xinchang|330681 Zhuji|330683 Shengzhou
330700 Jinhua|330702 Wucheng|330703 Jindong|330723 Wuyi|330726 Pujiang|330727 Pan'an|330781 Lanxi|330782 Yiwu
330783 Dongyang|330784 Yongkang
330800 Quzhou|330802 Kecheng|330803 Qujiang|330822 Changshan|330824 Kaihua|330825 Longyou|330881 Jiangshan
330900 Zhoushan|330902 Dinghai|330903 Putuo|330921 Daishan|330922 Shengsi
331000 Taizhou|331002 Jiaojiang|331003 Huangyan|331004 Luqiao|331022 Sanmen|331023 Tiantai|331024 Xianju
331081 Wenling|331082 Linhai|331083 Yuhuan
331100 Lishui|331102 Liandu|331121 Qingtian|331122 Jinyun|331123 Suichang|331124 Songyang|331125 Yunhe
331126 Qingyuan|331127 Jingning|331181 Longquan
110101 Dongcheng|110102 Xicheng|110105 Chaoyang|110106 Fengtai|110107 Shijingshan|110108 Haidian|110109 Mentougou
110111 Fangshan|110112 Tongzhou|110113 Shunyi|110114 Changping|110115 Daxing|110116 Huairou|110117 Pinggu
110118 Miyun|110119 Yanqing|210200 Dalian|210211 Ganjingzi|650100 Urumqi|650102 Tianshan|650103 Saybagh
"""
_ENGLISH = {
    entry[:6]: entry[7:].strip() for line in _ENGLISH_TABLE.strip().splitlines() for entry in line.strip().split("|")
}
# Not names of places, but of a level that some cities have on paper only.
_NO_NAMES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


def places_above(codes: Iterable[str]) -> set[str]:
    """Return the codes with everything above them: what has to be loaded to name them."""
    known = {code for code in codes if is_code(code)}
    return known | {parent for code in known for parent in parents(code)}


def short_place_name(code: str, name: str) -> str:
    """Return one division's own name, without what it lies in."""
    return _ENGLISH.get(code, name) if get_language() == "en" else name


def place_name(code: str, names: Mapping[str, str]) -> str:
    """Return the whole name of a place: 北京市丰台区, or “Fengtai, Beijing”; the code itself when nobody knows it.

    ``names`` holds the Chinese names of the place and of what it lies in.
    """
    if not is_code(code):
        return code
    chain = [place for place in (code, *parents(code)) if place in names and names[place] not in _NO_NAMES]
    if not chain:
        return code
    parts = [short_place_name(place, names[place]) for place in chain]
    return ", ".join(parts) if get_language() == "en" else "".join(reversed(parts))
